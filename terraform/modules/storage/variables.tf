variable "name" {
  description = "Prefix of every name here: the product and the environment."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,23}$", var.name))
    error_message = "name is 3 to 24 lower-case letters, digits or hyphens and begins with a letter, like pixguard-dev."
  }
}

variable "tags" {
  description = "Tags of every resource that can carry them."
  type        = map(string)

  validation {
    condition     = alltrue([for key in ["Project", "Environment", "Owner", "CostCenter"] : contains(keys(var.tags), key)])
    error_message = "tags must name Project, Environment, Owner and CostCenter."
  }
}

variable "account_id" {
  description = "The AWS account that everything here belongs to."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is 12 digits."
  }
}

variable "model_lock" {
  description = "Object lock of model versions: a mode (GOVERNANCE or COMPLIANCE) and days during which nobody deletes them."
  type        = object({ mode = string, days = number })

  validation {
    condition     = contains(["GOVERNANCE", "COMPLIANCE"], var.model_lock.mode) && var.model_lock.days >= 1
    error_message = "model_lock has mode GOVERNANCE (a few may lift it) or COMPLIANCE (nobody may), and days of 1 or more."
  }
}

variable "kept_days" {
  description = "Days after which objects of a bucket go, by bucket; a bucket that is left out keeps its objects."
  type        = map(number)
  default     = { artifacts = 180, logs = 400 }

  validation {
    condition     = length(setsubtract(keys(var.kept_days), ["lake", "artifacts", "logs"])) == 0 && alltrue([for days in values(var.kept_days) : days >= 30])
    error_message = "kept_days names lake, artifacts or logs, 30 days or more; models are never expired."
  }
}

variable "replica_region" {
  description = "Region that holds a copy of every model version, or null."
  type        = string
  default     = null

  validation {
    condition     = var.replica_region == null || can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.replica_region))
    error_message = "replica_region is null or a region's name, like us-east-1."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy beyond which no role with a policy of ours can reach (made by bootstrap)."
  type        = string

  validation {
    condition     = can(regex("^arn:aws:iam::[0-9]{12}:policy/", var.permissions_boundary))
    error_message = "permissions_boundary is the ARN of a policy."
  }
}

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

variable "purpose" {
  description = "What the key protects: the end of its alias."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z-]+$", var.purpose))
    error_message = "purpose is lower-case letters and hyphens, like storage."
  }
}

variable "region" {
  description = "Region of the key; null is the provider's."
  type        = string
  default     = null

  validation {
    condition     = var.region == null || can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.region))
    error_message = "region is null or a region's name, like sa-east-1."
  }
}

variable "services" {
  description = "Service principals that use the key on behalf of this account, without a role of ours."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for service in var.services : endswith(service, ".amazonaws.com")])
    error_message = "services are principals like sns.amazonaws.com; logs go by log_regions."
  }
}

variable "log_regions" {
  description = "Regions whose CloudWatch Logs may encrypt this account's log groups with the key."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for region in var.log_regions : can(regex("^[a-z]{2}-[a-z]+-[0-9]$", region))])
    error_message = "log_regions are names of regions, like sa-east-1."
  }
}

variable "principals" {
  description = "ARNs of roles that need the key in its own policy, such as the role by which Auto Scaling starts nodes."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.principals : can(regex("^arn:aws:iam::[0-9]{12}:role/", arn))])
    error_message = "principals are ARNs of roles: never a whole account, never a wildcard."
  }
}

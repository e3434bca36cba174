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

variable "region" {
  description = "Region of everything here."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.region))
    error_message = "region is a region's name, like sa-east-1."
  }
}

variable "log_retention_days" {
  description = "Days for which logs are kept; a bank's audit asks for a year at least."
  type        = number
  default     = 365

  validation {
    condition     = contains([365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is one of CloudWatch's terms of a year or more: 365, 400, 545, 731, 1096, 1827 ..."
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

variable "repository" {
  description = "The repository to deliver from and its branch, as the connection's provider names them."
  type        = object({ id = string, branch = string, provider = optional(string, "GitHub") })

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository.id)) && length(var.repository.branch) > 0
    error_message = "repository has an id owner/name and a branch."
  }
  validation {
    condition     = contains(["GitHub", "GitHubEnterpriseServer", "GitLab", "GitLabSelfManaged", "Bitbucket"], var.repository.provider)
    error_message = "repository.provider is one of CodeConnections' providers, like GitLabSelfManaged."
  }
}

variable "artifacts" {
  description = "Bucket for what the stages hand on, and the key under which it is encrypted."
  type        = object({ bucket = string, key_arn = string })

  validation {
    condition     = startswith(var.artifacts.key_arn, "arn:aws:kms:")
    error_message = "artifacts.key_arn is the ARN of a KMS key."
  }
}

variable "registry" {
  description = "Where images go: the prefix of their addresses, and the repositories' ARNs."
  type        = object({ prefix = string, repository_arns = list(string) })

  validation {
    condition     = length(var.registry.repository_arns) > 0 && alltrue([for arn in var.registry.repository_arns : !strcontains(arn, "*")])
    error_message = "registry.repository_arns names each repository, without a wildcard."
  }
}

variable "environment" {
  description = "Overlay that a promotion changes."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "environment is dev, staging or prod."
  }
}

variable "approval_topic_arn" {
  description = "Topic that tells the reviewers that a release waits for them."
  type        = string

  validation {
    condition     = startswith(var.approval_topic_arn, "arn:aws:sns:")
    error_message = "approval_topic_arn is the ARN of a topic."
  }
}

variable "observability_key_arn" {
  description = "Key of that topic."
  type        = string

  validation {
    condition     = startswith(var.observability_key_arn, "arn:aws:kms:")
    error_message = "observability_key_arn is the ARN of a KMS key."
  }
}

variable "rollback_alarm_name" {
  description = "Alarm that takes a release back."
  type        = string

  validation {
    condition     = length(var.rollback_alarm_name) > 0
    error_message = "rollback_alarm_name names an alarm: a release that nobody watches is not one."
  }
}

variable "watch_minutes" {
  description = "Minutes for which the alarm is watched after a promotion."
  type        = number
  default     = 30

  validation {
    condition     = var.watch_minutes >= 10 && var.watch_minutes <= 1440
    error_message = "watch_minutes is between 10 and 1440."
  }
}

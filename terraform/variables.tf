variable "environment" {
  description = "The environment: dev, staging or prod. Each has an account of its own."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "environment is dev, staging or prod."
  }
}

variable "account_id" {
  description = "The environment's AWS account."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id is 12 digits."
  }
}

variable "region" {
  description = "Region of everything but copies."
  type        = string
  default     = "sa-east-1"

  validation {
    condition     = contains(["sa-east-1", "us-east-1"], var.region)
    error_message = "region is sa-east-1, or us-east-1 after the loss of São Paulo (runbooks/lost-region.md)."
  }
}

variable "replica_region" {
  description = "Region that keeps copies of models, images and backups, or null: personal data leaves Brazil by it, so it is a decision."
  type        = string
  default     = null

  validation {
    condition     = var.replica_region == null || contains(["sa-east-1", "us-east-1"], coalesce(var.replica_region, "sa-east-1"))
    error_message = "replica_region is null, sa-east-1 or us-east-1."
  }
  validation {
    condition     = var.replica_region != var.region
    error_message = "replica_region is another region than region."
  }
}

variable "owner" {
  description = "Team that answers for the environment."
  type        = string

  validation {
    condition     = length(trimspace(var.owner)) > 0
    error_message = "owner names a team."
  }
}

variable "cost_center" {
  description = "Who pays."
  type        = string

  validation {
    condition     = length(trimspace(var.cost_center)) > 0
    error_message = "cost_center is not empty."
  }
}

variable "github" {
  description = "Repository and branch whose workflows act here, the environment whose approval an apply needs."
  type        = object({ repository = string, branch = optional(string, "main"), environment = string })

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github.repository))
    error_message = "github.repository is owner/name."
  }
}

variable "delivery" {
  description = "CodePipeline beside GitHub, for those who must stay inside AWS: the provider of the connection, or null for none."
  type        = object({ provider = string })
  default     = null

  validation {
    condition     = var.delivery == null || contains(["GitHub", "GitHubEnterpriseServer", "GitLab", "GitLabSelfManaged", "Bitbucket"], try(var.delivery.provider, ""))
    error_message = "delivery is null or has a provider of CodeConnections."
  }
}

variable "emails" {
  description = "Who hears of alarms and of money."
  type        = set(string)

  validation {
    condition     = length(var.emails) > 0
    error_message = "emails names at least one address."
  }
}

variable "monthly_budget_usd" {
  description = "What a month may cost."
  type        = number

  validation {
    condition     = var.monthly_budget_usd > 0
    error_message = "monthly_budget_usd is more than 0."
  }
}

variable "environment" {
  description = "The environment whose account this is: dev, staging or prod."
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
  description = "Region of the state."
  type        = string
  default     = "sa-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.region))
    error_message = "region is a region's name, like sa-east-1."
  }
}

variable "owner" {
  description = "Team that answers for the account."
  type        = string
  default     = "fraud-platform"

  validation {
    condition     = length(trimspace(var.owner)) > 0
    error_message = "owner names a team."
  }
}

variable "cost_center" {
  description = "Who pays."
  type        = string
  default     = "risk-4100"

  validation {
    condition     = length(trimspace(var.cost_center)) > 0
    error_message = "cost_center is not empty."
  }
}

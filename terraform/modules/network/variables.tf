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

variable "cidr" {
  description = "Address range of the VPC."
  type        = string

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 18, false)
    error_message = "cidr is a range between /16 and /18, like 10.20.0.0/16."
  }
}

variable "zones" {
  description = "Availability zones to spread over."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 3 && length(distinct(var.zones)) == length(var.zones)
    error_message = "zones names two or three different zones."
  }
}

variable "nat_per_zone" {
  description = "A NAT gateway in every zone (a lost zone costs nothing else), or one for all (cheaper)."
  type        = bool
}

variable "interface_endpoints" {
  description = "AWS services that are reached without leaving the VPC, beside S3."
  type        = set(string)
  default     = ["ecr.api", "ecr.dkr", "sts", "kms", "logs", "secretsmanager", "eks-auth"]

  validation {
    condition     = length(setsubtract(["ecr.api", "ecr.dkr", "sts", "kms"], var.interface_endpoints)) == 0
    error_message = "interface_endpoints keeps at least ecr.api, ecr.dkr, sts and kms: images, identities and keys."
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

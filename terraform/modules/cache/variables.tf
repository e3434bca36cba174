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

variable "vpc_id" {
  description = "The VPC of module network."
  type        = string

  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "vpc_id begins with vpc-."
  }
}

variable "subnet_ids" {
  description = "Private subnets in two zones or more."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids names subnets in at least two zones."
  }
}

variable "client_security_group_id" {
  description = "The one security group whose members may connect: the cluster's."
  type        = string

  validation {
    condition     = startswith(var.client_security_group_id, "sg-")
    error_message = "client_security_group_id begins with sg-."
  }
}

variable "node_type" {
  description = "What a node is made of."
  type        = string

  validation {
    condition     = startswith(var.node_type, "cache.")
    error_message = "node_type begins with cache., like cache.t4g.small."
  }
}

variable "nodes" {
  description = "Nodes in all: one that writes, and replicas in other zones that take over."
  type        = number

  validation {
    condition     = var.nodes >= 2 && var.nodes <= 6
    error_message = "nodes is between 2 and 6: one node alone loses the state of every account when it fails."
  }
}

variable "engine_version" {
  description = "Version of Valkey."
  type        = string
  default     = "8.1"

  validation {
    condition     = can(regex("^8\\.[0-9]$", var.engine_version))
    error_message = "engine_version is a version of Valkey 8, like 8.1."
  }
}

variable "snapshot_days" {
  description = "Days for which nightly snapshots are kept."
  type        = number
  default     = 7

  validation {
    condition     = var.snapshot_days >= 1 && var.snapshot_days <= 35
    error_message = "snapshot_days is between 1 and 35."
  }
}

variable "passwords" {
  description = "Password of each user; given when users are made or rotated, and kept in no state and no plan."
  type        = map(string)
  default     = {}
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = alltrue([for password in values(var.passwords) : length(password) >= 32])
    error_message = "A password has 32 characters or more."
  }
}

variable "password_version" {
  description = "Counts up when passwords change: without it nothing tells that a value which is kept nowhere is new."
  type        = number
  default     = 1

  validation {
    condition     = var.password_version >= 1
    error_message = "password_version begins at 1."
  }
}

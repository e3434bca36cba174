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

variable "instance_class" {
  description = "What the server is made of."
  type        = string

  validation {
    condition     = startswith(var.instance_class, "db.")
    error_message = "instance_class begins with db., like db.t4g.medium."
  }
}

variable "engine_version" {
  description = "Major version of PostgreSQL; RDS chooses the newest minor one and keeps it so."
  type        = string
  default     = "17"

  validation {
    condition     = can(regex("^1[6-9]$", var.engine_version))
    error_message = "engine_version is a major version, 16 to 19."
  }
}

variable "storage_gib" {
  description = "Disk at the start and the size up to which it grows by itself."
  type        = object({ start = number, max = number })

  validation {
    condition     = var.storage_gib.start >= 20 && var.storage_gib.max > var.storage_gib.start
    error_message = "storage_gib starts at 20 or more and may grow."
  }
}

variable "multi_az" {
  description = "A standby in another zone that takes over within two minutes."
  type        = bool
}

variable "backup_days" {
  description = "Days back to any second of which the database can be restored."
  type        = number

  validation {
    condition     = var.backup_days >= 7 && var.backup_days <= 35
    error_message = "backup_days is between 7 and 35."
  }
}

variable "applications" {
  description = "Applications with a database and a password of their own."
  type        = set(string)
  default     = ["feast", "kfp", "mlflow"]

  validation {
    condition     = alltrue([for name in var.applications : can(regex("^[a-z][a-z0-9]*$", name))])
    error_message = "applications are lower-case names, like mlflow."
  }
}

variable "replica_region" {
  description = "Region that keeps a copy of the backups, or null."
  type        = string
  default     = null

  validation {
    condition     = var.replica_region == null || can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.replica_region))
    error_message = "replica_region is null or a region's name, like us-east-1."
  }
}

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

variable "kubernetes_version" {
  description = "Minor version of Kubernetes."
  type        = string

  validation {
    condition     = can(regex("^1\\.(3[2-9]|[4-9][0-9])$", var.kubernetes_version))
    error_message = "kubernetes_version is 1.32 or newer: canaries over the Gateway API need it."
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

variable "administrators" {
  description = "ARNs of the IAM roles whose holders administer the cluster."
  type        = set(string)

  validation {
    condition     = length(var.administrators) > 0 && alltrue([for arn in var.administrators : can(regex("^arn:aws:iam::[0-9]{12}:role/", arn))])
    error_message = "administrators are ARNs of roles, at least one: the cluster's creator gets no rights by itself."
  }
}

variable "viewers" {
  description = "ARNs of the IAM roles whose holders may look, but read no secret."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.viewers : can(regex("^arn:aws:iam::[0-9]{12}:role/", arn))])
    error_message = "viewers are ARNs of roles."
  }
}

variable "node_groups" {
  description = "Groups of nodes by name: what they are made of, how many, what runs there."
  type = map(object({
    instance_types = list(string)
    capacity_type  = optional(string, "ON_DEMAND")
    ami_type       = optional(string, "AL2023_ARM_64_STANDARD")
    min            = number
    desired        = number
    max            = number
    disk_gib       = optional(number, 80)
    labels         = optional(map(string), {})
    taints         = optional(map(object({ value = string, effect = optional(string, "NO_SCHEDULE") })), {})
  }))

  validation {
    condition     = alltrue([for group in values(var.node_groups) : contains(["ON_DEMAND", "SPOT"], group.capacity_type)])
    error_message = "capacity_type is ON_DEMAND or SPOT."
  }
  validation {
    condition     = alltrue([for group in values(var.node_groups) : group.min <= group.desired && group.desired <= group.max && group.max > 0])
    error_message = "A node group has min <= desired <= max, and a max of at least 1."
  }
  validation {
    condition     = alltrue([for group in values(var.node_groups) : group.capacity_type != "SPOT" || length(group.instance_types) >= 3])
    error_message = "A spot group names three instance types or more, or it will stand empty when one runs out."
  }
  validation {
    condition     = anytrue([for group in values(var.node_groups) : group.capacity_type == "ON_DEMAND" && group.min >= 2 && length(group.taints) == 0])
    error_message = "One on-demand group without taints keeps at least two nodes: serving and the platform live there."
  }
}

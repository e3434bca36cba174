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

variable "permissions_boundary" {
  description = "ARN of the policy beyond which no role with a policy of ours can reach (made by bootstrap)."
  type        = string

  validation {
    condition     = can(regex("^arn:aws:iam::[0-9]{12}:policy/", var.permissions_boundary))
    error_message = "permissions_boundary is the ARN of a policy."
  }
}

variable "github" {
  description = "The repository whose workflows may act here, its main branch, and the environment whose approval an apply needs."
  type        = object({ repository = string, branch = string, environment = string })

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github.repository))
    error_message = "github.repository is owner/name, without a wildcard."
  }
  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.github.branch)) && can(regex("^[A-Za-z0-9._-]+$", var.github.environment))
    error_message = "github.branch and github.environment are names, without a wildcard."
  }
}

variable "state_bucket" {
  description = "Bucket that holds Terraform's state."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{2,62}$", var.state_bucket))
    error_message = "state_bucket is a bucket's name."
  }
}

variable "repository_arns" {
  description = "ARNs of the repositories to which the images workflow pushes."
  type        = list(string)

  validation {
    condition     = alltrue([for arn in var.repository_arns : can(regex("^arn:aws:ecr:[a-z0-9-]+:[0-9]{12}:repository/[^*]+$", arn))])
    error_message = "repository_arns are ARNs of repositories, without a wildcard."
  }
}

variable "cluster_name" {
  description = "Cluster whose pods get the workloads' roles."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]+$", var.cluster_name))
    error_message = "cluster_name is a cluster's name."
  }
}

variable "workloads" {
  description = "Workloads by name: the service account they run as, and what they may do to what."
  type = map(object({
    namespace       = string
    service_account = string
    statements = list(object({
      actions    = list(string)
      resources  = list(string)
      conditions = optional(map(map(string)), {})
    }))
  }))

  validation {
    condition = alltrue(flatten([
      for workload in values(var.workloads) : [for statement in workload.statements : [for action in statement.actions : can(regex("^[a-z0-9-]+:[A-Za-z]+$", action))]]
    ]))
    error_message = "Every action is named in full, like s3:GetObject: no wildcard."
  }
  validation {
    condition = alltrue(flatten([
      for workload in values(var.workloads) : [for statement in workload.statements : [for resource in statement.resources : startswith(resource, "arn:aws:")]]
    ]))
    error_message = "Every resource is an ARN: none is *."
  }
}

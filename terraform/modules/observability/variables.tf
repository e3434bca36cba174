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

variable "log_groups" {
  description = "Log groups of the workloads, one a namespace."
  type        = set(string)

  validation {
    condition     = alltrue([for name in var.log_groups : can(regex("^[a-z][a-z0-9-]*$", name))])
    error_message = "log_groups are names of namespaces."
  }
}

variable "emails" {
  description = "Who hears of alarms and of money: a team's address, not a person's."
  type        = set(string)

  validation {
    condition     = length(var.emails) > 0 && alltrue([for email in var.emails : can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", email))])
    error_message = "emails are addresses, at least one: an alarm that nobody hears is none."
  }
}

variable "monthly_budget_usd" {
  description = "What a month may cost; alarms at 80 % spent and at 100 % expected."
  type        = number

  validation {
    condition     = var.monthly_budget_usd > 0
    error_message = "monthly_budget_usd is more than 0."
  }
}

variable "metrics_retention_days" {
  description = "Days for which managed Prometheus keeps metrics."
  type        = number
  default     = 150

  validation {
    condition     = var.metrics_retention_days >= 30 && var.metrics_retention_days <= 1095
    error_message = "metrics_retention_days is between 30 and 1095."
  }
}

variable "database_identifier" {
  description = "The database to watch."
  type        = string

  validation {
    condition     = length(var.database_identifier) > 0
    error_message = "database_identifier is a name."
  }
}

variable "kafka_cluster_name" {
  description = "The Kafka cluster to watch."
  type        = string

  validation {
    condition     = length(var.kafka_cluster_name) > 0
    error_message = "kafka_cluster_name is a name."
  }
}

variable "cache_node_ids" {
  description = "The cache's nodes to watch."
  type        = list(string)

  validation {
    condition     = length(var.cache_node_ids) > 0
    error_message = "cache_node_ids names every node."
  }
}

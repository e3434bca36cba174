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

variable "kafka_version" {
  description = "Version of Kafka as MSK names it."
  type        = string

  validation {
    condition     = can(regex("^(3\\.[89]|4\\.[0-9])\\.x\\.kraft$", var.kafka_version))
    error_message = "kafka_version is 3.8 or newer in KRaft mode, like 3.9.x.kraft."
  }
}

variable "broker" {
  description = "What brokers are made of, how many, and how much each stores."
  type        = object({ type = string, count = number, disk_gib = number })

  validation {
    condition     = startswith(var.broker.type, "kafka.") && var.broker.count % length(var.subnet_ids) == 0
    error_message = "broker has a type like kafka.m7g.large and as many brokers in every zone."
  }
  validation {
    condition     = var.broker.disk_gib >= 10 && var.broker.disk_gib <= 16384
    error_message = "broker.disk_gib is between 10 and 16384."
  }
}

variable "topic_retention_hours" {
  description = "Hours for which payments and decisions stay in Kafka; a stream that was down longer is filled from the lake."
  type        = number
  default     = 168

  validation {
    condition     = var.topic_retention_hours >= 24
    error_message = "topic_retention_hours is a day at least."
  }
}

variable "topics" {
  description = "Topics by name: how many partitions (never fewer later), and Kafka's own settings."
  type        = map(object({ partitions = number, configs = map(string) }))
  default     = {}

  validation {
    condition     = alltrue([for topic in var.topics : topic.partitions >= 1 && contains(keys(topic.configs), "retention.ms")])
    error_message = "A topic in topics has a partition at least, and says retention.ms."
  }
}

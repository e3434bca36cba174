# How much of everything. What a value may be, the modules say.
variable "network" {
  description = "Address range, zones, and whether each zone has a NAT gateway of its own."
  type        = object({ cidr = string, zones = list(string), nat_per_zone = bool })
}

variable "cluster" {
  description = "Version of Kubernetes, who administers and who looks, and the node groups (modules/cluster says what one has)."
  type = object({
    version        = string
    administrators = set(string)
    viewers        = optional(set(string), [])
    node_groups = map(object({
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
  })
}

variable "image_reader_accounts" {
  description = "Accounts of the other environments, which pull the images that are built here."
  type        = set(string)
  default     = []
}

variable "model_lock" {
  description = "How long a published model version can be deleted by nobody, and whether an administrator may lift that."
  type        = object({ mode = string, days = number })
}

variable "streaming" {
  description = "Version of Kafka and what its brokers are made of."
  type        = object({ version = optional(string, "3.9.x.kraft"), broker = object({ type = string, count = number, disk_gib = number }) })
}

variable "database" {
  description = "PostgreSQL's size, standby and backups."
  type        = object({ instance_class = string, storage_gib = object({ start = number, max = number }), multi_az = bool, backup_days = number })
}

variable "cache" {
  description = "Valkey's nodes. password_version counts up when passwords are rotated."
  type        = object({ node_type = string, nodes = number, password_version = optional(number, 1) })
}

variable "cache_passwords" {
  description = "Passwords of Valkey's users, given by TF_VAR_cache_passwords when they are made or rotated and kept nowhere."
  type        = map(string)
  default     = {}
  ephemeral   = true
  sensitive   = true
}

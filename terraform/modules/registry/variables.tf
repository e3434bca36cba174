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

variable "repositories" {
  description = "Names of the repositories of images, below the product's."
  type        = set(string)

  validation {
    condition     = length(var.repositories) > 0 && alltrue([for name in var.repositories : can(regex("^[a-z][a-z0-9-]*$", name))])
    error_message = "repositories are lower-case names, like serve."
  }
}

variable "reader_accounts" {
  description = "Other accounts that may pull: images are built once and run in every environment by digest."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for account in var.reader_accounts : can(regex("^[0-9]{12}$", account))])
    error_message = "reader_accounts are accounts of 12 digits."
  }
}

variable "kept_images" {
  description = "Tagged images kept in each repository; older ones go."
  type        = number
  default     = 200

  validation {
    condition     = var.kept_images >= 20
    error_message = "kept_images is 20 at least: a rollback needs an image that is still there."
  }
}

variable "replica_region" {
  description = "Region that holds a copy of every image, or null."
  type        = string
  default     = null

  validation {
    condition     = var.replica_region == null || can(regex("^[a-z]{2}-[a-z]+-[0-9]$", var.replica_region))
    error_message = "replica_region is null or a region's name, like us-east-1."
  }
}

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.60, < 7.0"
    }
  }
}

# State of its own: local at first, then moved into the bucket that it made (runbooks/bootstrap.md).
provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]
}

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.60"
    }
  }

  # The rest is in envs/<environment>.tfbackend; bootstrap/ makes the bucket and its key.
  backend "s3" {
    key          = "pixguard.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

# A plan made with the wrong credentials stops here, not in the wrong account.
provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]
}

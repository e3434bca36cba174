mock_provider "aws" {
  mock_resource "aws_kms_key" {
    override_during = plan
    defaults        = { arn = "arn:aws:kms:sa-east-1:111122223333:key/11111111-2222-3333-4444-555555555555" }
  }
}

variables {
  name         = "pixguard-test"
  account_id   = "111122223333"
  region       = "sa-east-1"
  repositories = ["serve", "spark", "train"]
  tags         = { Project = "pixguard", Environment = "test", Owner = "risk", CostCenter = "1234" }
}

run "a_pushed_image_never_changes" {
  command = plan

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.image_tag_mutability == "IMMUTABLE" && !repository.force_delete])
    error_message = "A tag means one image for ever."
  }
  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.encryption_configuration[0].kms_key == module.key.arn])
    error_message = "Images are encrypted under our key."
  }
  assert {
    condition     = output.repository_urls["serve"] == "111122223333.dkr.ecr.sa-east-1.amazonaws.com/pixguard/serve"
    error_message = "The address must be what the images workflow pushes to."
  }
}

run "every_image_is_scanned_on_push_and_after" {
  command = plan

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.image_scanning_configuration[0].scan_on_push])
    error_message = "Scan on push."
  }
  assert {
    condition     = one(aws_ecr_registry_scanning_configuration.this.rule).scan_frequency == "CONTINUOUS_SCAN"
    error_message = "And again when a vulnerability becomes known."
  }
}

run "old_images_go_but_enough_stay_for_a_rollback" {
  command = plan

  assert {
    condition     = alltrue([for policy in aws_ecr_lifecycle_policy.this : jsondecode(policy.policy).rules[1].selection.countNumber >= 20])
    error_message = "Images to roll back to must stay."
  }
}

run "nobody_else_pulls_unless_named" {
  command = plan

  assert {
    condition     = length(aws_ecr_repository_policy.readers) == 0 && length(aws_ecr_replication_configuration.this) == 0
    error_message = "By default, no other account and no other region."
  }
}

run "named_accounts_pull_and_do_nothing_else" {
  command = plan

  variables {
    reader_accounts = ["444455556666"]
    replica_region  = "us-east-1"
  }

  assert {
    condition = alltrue([
      for policy in aws_ecr_repository_policy.readers : jsondecode(policy.policy).Statement[0].Principal.AWS == ["arn:aws:iam::444455556666:root"]
    ])
    error_message = "The accounts by name, never a wildcard."
  }
  assert {
    condition = alltrue(flatten([
      for policy in aws_ecr_repository_policy.readers : [
        for action in jsondecode(policy.policy).Statement[0].Action : !strcontains(action, "Put") && !strcontains(action, "*")
      ]
    ]))
    error_message = "Readers do not write."
  }
  assert {
    condition     = one(one(aws_ecr_replication_configuration.this).replication_configuration[0].rule[0].destination).region == "us-east-1"
    error_message = "Images are copied to the other region."
  }
}

mock_provider "aws" {
  mock_resource "aws_kms_key" {
    override_during = plan
    defaults        = { arn = "arn:aws:kms:sa-east-1:111122223333:key/11111111-2222-3333-4444-555555555555" }
  }
}

variables {
  name                 = "pixguard-test"
  permissions_boundary = "arn:aws:iam::111122223333:policy/pixguard/pixguard-test-boundary"
  account_id           = "111122223333"
  model_lock           = { mode = "GOVERNANCE", days = 30 }
  tags                 = { Project = "pixguard", Environment = "test", Owner = "risk", CostCenter = "1234" }
}

run "no_bucket_is_public" {
  command = plan

  assert {
    condition     = toset(keys(aws_s3_bucket_public_access_block.this)) == toset(["lake", "models", "artifacts", "logs"])
    error_message = "Every bucket has a block of public access."
  }
  assert {
    condition = alltrue([
      for block in aws_s3_bucket_public_access_block.this :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ])
    error_message = "All four blocks, on every bucket."
  }
  assert {
    condition     = alltrue([for control in aws_s3_bucket_ownership_controls.this : control.rule[0].object_ownership == "BucketOwnerEnforced"])
    error_message = "No access control lists."
  }
  assert {
    condition = alltrue(flatten([
      for policy in aws_s3_bucket_policy.this : [
        for statement in jsondecode(policy.policy).Statement : statement.Effect == "Deny" || can(statement.Principal.Service)
      ]
    ]))
    error_message = "A bucket's policy refuses, or lets one AWS service in: it gives no rights to the world."
  }
}

run "everything_is_encrypted_at_rest_and_on_the_way" {
  command = plan

  assert {
    condition = alltrue([
      for use, rule in aws_s3_bucket_server_side_encryption_configuration.this :
      one(one(rule.rule).apply_server_side_encryption_by_default).kms_master_key_id == module.key.arn if use != "logs"
    ])
    error_message = "Data is encrypted under our key."
  }
  assert {
    condition = alltrue([
      for policy in aws_s3_bucket_policy.this :
      anytrue([for statement in jsondecode(policy.policy).Statement : statement.Sid == "RefuseWithoutTls" && statement.Effect == "Deny"])
    ])
    error_message = "Every bucket refuses what comes without TLS."
  }
}

run "model_versions_are_locked_and_kept" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this["models"].object_lock_enabled && aws_s3_bucket_object_lock_configuration.models.rule[0].default_retention[0].days == 30
    error_message = "A published model cannot be replaced."
  }
  assert {
    condition     = alltrue([for versioning in aws_s3_bucket_versioning.this : versioning.versioning_configuration[0].status == "Enabled"])
    error_message = "Every bucket is versioned."
  }
  assert {
    condition     = alltrue([for rule in aws_s3_bucket_lifecycle_configuration.this["models"].rule : length(rule.expiration) == 0 && length(rule.noncurrent_version_expiration) == 0])
    error_message = "No rule may expire a model."
  }
}

run "every_access_is_logged_and_logs_are_kept_a_year" {
  command = plan

  assert {
    condition     = toset(keys(aws_s3_bucket_logging.this)) == toset(["lake", "models", "artifacts"])
    error_message = "All buckets with data are logged."
  }
  assert {
    condition = anytrue([
      for rule in aws_s3_bucket_lifecycle_configuration.this["logs"].rule : anytrue([for expiration in rule.expiration : expiration.days >= 365])
    ])
    error_message = "Logs are kept for a year at least."
  }
}

run "a_copy_in_another_region_where_asked" {
  command = plan

  variables {
    replica_region = "us-east-1"
  }

  assert {
    condition     = aws_s3_bucket.replica["models"].region == "us-east-1" && aws_s3_bucket_public_access_block.replica["models"].restrict_public_buckets
    error_message = "The copy lives in the other region and is as private."
  }
  assert {
    condition     = one(aws_s3_bucket_replication_configuration.models["models"].rule[0].delete_marker_replication).status == "Disabled"
    error_message = "Who deletes here must not delete there."
  }
  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_iam_role_policy.replication["models"].policy).Statement : [for action in statement.Action : !strcontains(action, "*")]
    ]))
    error_message = "A wildcard action in the role that copies."
  }
}

run "models_cannot_be_made_to_expire" {
  command = plan

  variables {
    kept_days = { models = 30 }
  }

  expect_failures = [var.kept_days]
}

mock_provider "aws" {
  mock_resource "aws_kms_key" {
    override_during = plan
    defaults        = { arn = "arn:aws:kms:sa-east-1:111122223333:key/11111111-2222-3333-4444-555555555555" }
  }
}

variables {
  environment = "dev"
  account_id  = "111122223333"
}

run "the_state_is_private_encrypted_and_has_a_way_back" {
  command = plan

  assert {
    condition     = aws_s3_bucket_public_access_block.state.restrict_public_buckets && aws_s3_bucket_public_access_block.state.block_public_policy
    error_message = "The state is not public."
  }
  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default).kms_master_key_id == module.key.arn
    error_message = "The state is encrypted under its own key."
  }
  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "A broken state needs the one before it."
  }
}

run "names_are_those_that_the_root_expects" {
  command = plan

  assert {
    condition     = output.state_bucket == "pixguard-dev-state-111122223333" && aws_iam_policy.boundary.path == "/pixguard/" && aws_iam_policy.boundary.name == "pixguard-dev-boundary"
    error_message = "The root and envs/*.tfbackend name the bucket and the boundary by these names."
  }
}

run "the_boundary_names_every_action_and_reaches_no_identity" {
  command = plan

  assert {
    condition     = alltrue([for action in jsondecode(aws_iam_policy.boundary.policy).Statement[0].Action : !strcontains(action, "*")])
    error_message = "A wildcard in the boundary is no boundary."
  }
  assert {
    condition     = alltrue([for action in local.ceiling : !startswith(action, "iam:") && !startswith(action, "sts:")])
    error_message = "No role of ours may make or take another role."
  }
}

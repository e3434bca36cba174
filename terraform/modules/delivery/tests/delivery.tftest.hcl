mock_provider "aws" {
  mock_resource "aws_kms_key" {
    override_during = plan
    defaults        = { arn = "arn:aws:kms:sa-east-1:111122223333:key/11111111-2222-3333-4444-555555555555" }
  }
  mock_resource "aws_codeconnections_connection" {
    override_during = plan
    defaults        = { arn = "arn:aws:codeconnections:sa-east-1:111122223333:connection/11111111-2222-3333-4444-555555555555" }
  }
}

variables {
  name                  = "pixguard-test"
  account_id            = "111122223333"
  region                = "sa-east-1"
  permissions_boundary  = "arn:aws:iam::111122223333:policy/pixguard/pixguard-test-boundary"
  repository            = { id = "bank/pixguard", branch = "main", provider = "GitLabSelfManaged" }
  artifacts             = { bucket = "pixguard-test-artifacts-111122223333", key_arn = "arn:aws:kms:sa-east-1:111122223333:key/a" }
  registry              = { prefix = "111122223333.dkr.ecr.sa-east-1.amazonaws.com/pixguard", repository_arns = ["arn:aws:ecr:sa-east-1:111122223333:repository/pixguard/serve"] }
  environment           = "prod"
  approval_topic_arn    = "arn:aws:sns:sa-east-1:111122223333:pixguard-test-alarms"
  observability_key_arn = "arn:aws:kms:sa-east-1:111122223333:key/b"
  rollback_alarm_name   = "pixguard-test-rollback"
  tags                  = { Project = "pixguard", Environment = "test", Owner = "risk", CostCenter = "1234" }
}

run "nothing_is_promoted_untested_or_unapproved" {
  command = plan

  assert {
    condition     = [for stage in aws_codepipeline.this.stage : stage.name] == ["Source", "Test", "Images", "Approve", "Promote"]
    error_message = "Tests, then images, then a person, then the promotion."
  }
  assert {
    condition     = aws_codepipeline.this.stage[3].action[0].category == "Approval" && aws_codepipeline.this.stage[3].action[0].provider == "Manual"
    error_message = "A person approves."
  }
  assert {
    condition     = toset(aws_codepipeline.this.stage[4].action[0].input_artifacts) == toset(["source", "images"])
    error_message = "What is promoted is what was built: images are not built again."
  }
}

run "an_alarm_takes_the_release_back" {
  command = plan

  assert {
    condition     = aws_codepipeline.this.stage[4].on_success[0].condition[0].result == "ROLLBACK"
    error_message = "A release during whose watch the alarm rings goes back."
  }
  assert {
    condition     = aws_codepipeline.this.stage[4].on_success[0].condition[0].rule[0].configuration.AlarmName == "pixguard-test-rollback"
    error_message = "The watched alarm is the release's."
  }
  assert {
    condition     = aws_codepipeline.this.stage[4].on_failure[0].result == "ROLLBACK"
    error_message = "A promotion that fails goes back."
  }
}

run "builds_run_the_repositorys_own_specifications" {
  command = plan

  assert {
    condition     = alltrue([for name, project in aws_codebuild_project.this : project.source[0].buildspec == ".aws/buildspec-${name}.yml"])
    error_message = "The build specifications are in the repository, beside the targets they call."
  }
  assert {
    condition     = [for name, project in aws_codebuild_project.this : name if project.environment[0].privileged_mode] == ["images"]
    error_message = "Only the build of images needs Docker."
  }
  assert {
    condition     = alltrue([for project in aws_codebuild_project.this : project.encryption_key == var.artifacts.key_arn && project.project_visibility == "PRIVATE"])
    error_message = "What builds leave is encrypted and private."
  }
}

run "no_role_has_a_wildcard_and_only_images_signs" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for policy in concat([aws_iam_role_policy.pipeline], values(aws_iam_role_policy.build)) : [
        for statement in jsondecode(policy.policy).Statement : [for action in statement.Action : !strcontains(action, "*")]
      ]
    ]))
    error_message = "A wildcard action in a role of delivery."
  }
  assert {
    condition     = [for name, policy in aws_iam_role_policy.build : name if strcontains(policy.policy, "kms:Sign")] == ["images"]
    error_message = "Whoever promotes must not be able to sign."
  }
  assert {
    condition     = alltrue([for role in concat([aws_iam_role.pipeline], values(aws_iam_role.build)) : role.permissions_boundary == var.permissions_boundary])
    error_message = "Every role stays within the boundary."
  }
}

run "the_signing_key_only_signs" {
  command = plan

  assert {
    condition     = aws_kms_key.signing.key_usage == "SIGN_VERIFY" && aws_kms_key.signing.customer_master_key_spec == "ECC_NIST_P256"
    error_message = "An asymmetric key whose private half stays in KMS."
  }
}

run "a_release_that_nobody_watches_is_refused" {
  command = plan

  variables {
    rollback_alarm_name = ""
  }

  expect_failures = [var.rollback_alarm_name]
}

mock_provider "aws" {}

variables {
  name       = "pixguard-test"
  account_id = "111122223333"
  purpose    = "storage"
  tags       = { Project = "pixguard", Environment = "test", Owner = "risk", CostCenter = "1234" }
}

run "rotates_and_cannot_vanish_in_a_week" {
  command = plan

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.deletion_window_in_days == 30
    error_message = "The key must rotate every year and wait the longest window before it is deleted."
  }
  assert {
    condition     = aws_kms_alias.this.name == "alias/pixguard-test-storage"
    error_message = "The alias says whose key it is and what for."
  }
}

run "no_action_and_no_principal_is_a_wildcard" {
  command = plan

  variables {
    services    = ["sns.amazonaws.com", "cloudwatch.amazonaws.com"]
    log_regions = ["sa-east-1"]
    principals  = ["arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"]
  }

  assert {
    condition = alltrue(flatten([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : [for action in statement.Action : !strcontains(action, "*")]
    ]))
    error_message = "A wildcard action in the key's policy."
  }
  assert {
    condition     = !strcontains(aws_kms_key.this.policy, "\"Principal\":\"*\"") && !strcontains(aws_kms_key.this.policy, "\"AWS\":\"*\"")
    error_message = "The whole world as principal of a key."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_kms_key.this.policy).Statement : can(statement.Condition)
      if can(statement.Principal.Service)
    ])
    error_message = "A service may use the key for this account only."
  }
  assert {
    condition     = length(jsondecode(aws_kms_key.this.policy).Statement) == 6
    error_message = "One statement for the account, one for each service and region of logs, two for the roles."
  }
}

run "it_lives_in_the_region_of_what_it_protects" {
  command = plan

  variables {
    region = "us-east-1"
  }

  assert {
    condition     = aws_kms_key.this.region == "us-east-1" && aws_kms_alias.this.region == "us-east-1"
    error_message = "A copy's key lives beside the copy, and so does its name."
  }
}

run "an_account_is_not_a_role" {
  command = plan

  variables {
    principals = ["arn:aws:iam::111122223333:root"]
  }

  expect_failures = [var.principals]
}

run "tags_that_nobody_answers_for_are_refused" {
  command = plan

  variables {
    tags = { Project = "pixguard" }
  }

  expect_failures = [var.tags]
}

mock_provider "aws" {
  mock_resource "aws_iam_role" {
    override_during = plan
    defaults        = { arn = "arn:aws:iam::111122223333:role/pixguard/mocked" }
  }
}

variables {
  name                 = "pixguard-test"
  account_id           = "111122223333"
  region               = "sa-east-1"
  permissions_boundary = "arn:aws:iam::111122223333:policy/pixguard/pixguard-test-boundary"
  github               = { repository = "bank/pixguard", branch = "main", environment = "test" }
  state_bucket         = "pixguard-test-state-111122223333"
  repository_arns      = ["arn:aws:ecr:sa-east-1:111122223333:repository/pixguard/serve"]
  cluster_name         = "pixguard-test"
  tags                 = { Project = "pixguard", Environment = "test", Owner = "risk", CostCenter = "1234" }

  workloads = {
    predictor = {
      namespace       = "pixguard"
      service_account = "predictor"
      statements      = [{ actions = ["s3:GetObject"], resources = ["arn:aws:s3:::models/*"] }]
    }
  }
}

run "each_github_role_has_one_exact_subject" {
  command = plan

  assert {
    condition     = jsondecode(aws_iam_role.github["apply"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:bank/pixguard:environment:test"]
    error_message = "An apply needs the environment's approval: no branch and no pull request may take its role."
  }
  assert {
    condition     = jsondecode(aws_iam_role.github["images"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:bank/pixguard:ref:refs/heads/main", "repo:bank/pixguard:environment:release"]
    error_message = "Images come from the main branch and get names in a release."
  }
  assert {
    condition = alltrue([
      for role in aws_iam_role.github :
      !can(jsondecode(role.assume_role_policy).Statement[0].Condition.StringLike) && !strcontains(role.assume_role_policy, "*")
    ])
    error_message = "A pattern in a trust policy lets others' repositories in."
  }
  assert {
    condition = alltrue([
      for role in aws_iam_role.github :
      jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    ])
    error_message = "The token must be meant for AWS."
  }
}

run "no_action_is_a_wildcard" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for policy in concat([aws_iam_role_policy.plan, aws_iam_role_policy.apply, aws_iam_role_policy.images, aws_iam_role_policy.watch], values(aws_iam_role_policy.workload)) : [
        for statement in jsondecode(policy.policy).Statement : [for action in statement.Action : !strcontains(action, "*")]
      ]
    ]))
    error_message = "A wildcard action in a role's policy."
  }
}

run "apply_cannot_give_itself_more" {
  command = plan

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.apply.policy).Statement :
      !strcontains(jsonencode(statement), "automation") && !strcontains(jsonencode(statement), "iam:CreatePolicyVersion")
    ])
    error_message = "Neither the roles of automation nor the boundary are in its reach."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.apply.policy).Statement :
      statement.Condition.StringEquals["iam:PermissionsBoundary"] == var.permissions_boundary
      if statement.Effect == "Allow" && contains(statement.Action, "iam:PutRolePolicy")
    ])
    error_message = "A policy of ours is only put on a role with the boundary."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.apply.policy).Statement :
      can(statement.Condition.ArnEquals["iam:PolicyARN"]) if statement.Effect == "Allow" && contains(statement.Action, "iam:AttachRolePolicy")
    ])
    error_message = "A managed policy is attached only if it is on the list."
  }
}

run "automation_reads_no_data" {
  command = plan

  assert {
    condition = alltrue([
      for policy in [aws_iam_role_policy.plan, aws_iam_role_policy.apply] : anytrue([
        for statement in jsondecode(policy.policy).Statement :
        statement.Effect == "Deny" && contains(statement.Action, "s3:GetObject") && can(statement.NotResource)
      ])
    ])
    error_message = "Plans need the state, not payments."
  }
}

run "a_workloads_role_is_for_its_service_account_alone" {
  command = plan

  assert {
    condition     = jsondecode(aws_iam_role.workload["predictor"].assume_role_policy).Statement[0].Condition.StringEquals["aws:RequestTag/kubernetes-service-account"] == "predictor"
    error_message = "Other service accounts must not take the role."
  }
  assert {
    condition     = aws_iam_role.workload["predictor"].permissions_boundary == var.permissions_boundary
    error_message = "Workloads stay within the boundary."
  }
  assert {
    condition     = aws_eks_pod_identity_association.workload["predictor"].namespace == "pixguard"
    error_message = "The association names the namespace."
  }
}

run "a_wildcard_action_is_refused" {
  command = plan

  variables {
    workloads = {
      predictor = { namespace = "pixguard", service_account = "predictor", statements = [{ actions = ["s3:*"], resources = ["arn:aws:s3:::models/*"] }] }
    }
  }

  expect_failures = [var.workloads]
}

run "a_wildcard_repository_is_refused" {
  command = plan

  variables {
    github = { repository = "bank/*", branch = "main", environment = "test" }
  }

  expect_failures = [var.github]
}

resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
  tags           = var.tags
}

# plan reads, apply changes after the environment's reviewers agreed, images pushes and names, watch looks at alarms. Each
# role names the subjects of GitHub's token that may take it: a repository with a branch, a pull request or an environment,
# never a pattern. A release runs on a tag, whose name cannot be foreseen: it comes by the environment `release`.
locals {
  subject = "repo:${var.github.repository}"
  subjects = {
    plan   = ["${local.subject}:pull_request", "${local.subject}:ref:refs/heads/${var.github.branch}"]
    apply  = ["${local.subject}:environment:${var.github.environment}"]
    images = ["${local.subject}:ref:refs/heads/${var.github.branch}", "${local.subject}:environment:release"]
    watch  = ["${local.subject}:environment:${var.github.environment}-watch"]
  }
}

resource "aws_iam_role" "github" {
  #checkov:skip=CKV_AWS_393:The check cannot resolve each.value; tests/identity.tftest.hcl asserts the exact subjects
  for_each             = local.subjects
  name                 = "${var.name}-github-${each.key}"
  description          = "GitHub Actions of ${var.github.repository}: ${each.key}"
  path                 = "/pixguard/automation/"
  max_session_duration = 3600
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = "arn:aws:iam::${var.account_id}:oidc-provider/token.actions.githubusercontent.com" }
      Action    = ["sts:AssumeRoleWithWebIdentity"]
      Condition = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = each.value
        }
      }
    }]
  })

  depends_on = [aws_iam_openid_connect_provider.github]
}

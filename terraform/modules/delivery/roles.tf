resource "aws_iam_role" "pipeline" {
  name                 = "${var.name}-delivery-pipeline"
  path                 = "/pixguard/bounded/"
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = jsonencode(local.trust["codepipeline"])
  tags                 = var.tags
}

resource "aws_iam_role" "build" {
  for_each             = local.builds
  name                 = "${var.name}-delivery-${each.key}"
  path                 = "/pixguard/bounded/"
  permissions_boundary = var.permissions_boundary
  assume_role_policy   = jsonencode(local.trust["codebuild"])
  tags                 = var.tags
}

resource "aws_iam_role_policy" "pipeline" {
  name   = "work"
  role   = aws_iam_role.pipeline.name
  policy = jsonencode({ Version = "2012-10-17", Statement = concat(local.hand_on, local.conduct) })
}

resource "aws_iam_role_policy" "build" {
  for_each = local.builds
  name     = "work"
  role     = aws_iam_role.build[each.key].name
  policy   = jsonencode({ Version = "2012-10-17", Statement = concat(local.hand_on, local.log[each.key], local.rights[each.key]) })
}

locals {
  trust = {
    for service in ["codepipeline", "codebuild"] : service => {
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Principal = { Service = "${service}.amazonaws.com" }
        Action    = ["sts:AssumeRole"]
        Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
      }]
    }
  }
}

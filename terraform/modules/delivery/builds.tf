# RELEASE, which names a promotion, comes from the pipeline.
locals {
  builds = {
    test    = { minutes = 60, docker = false, variables = {} }
    images  = { minutes = 60, docker = true, variables = { REGISTRY = var.registry.prefix, KEY = local.signing_key } }
    promote = { minutes = 60, docker = false, variables = local.promotion }
  }
  signing_key = "awskms:///${aws_kms_alias.signing.name}"
  promotion = {
    REGISTRY         = var.registry.prefix
    KEY              = local.signing_key
    ENVIRONMENT      = var.environment
    ALARMS           = "${var.name}-"
    SECONDS_TO_WATCH = "900"
  }
}

resource "aws_codebuild_project" "this" {
  #checkov:skip=CKV_AWS_316:Only the project `images` is privileged: it builds images with Docker and has no other rights than to push them
  for_each           = local.builds
  name               = "${var.name}-${each.key}"
  description        = "make targets of .aws/buildspec-${each.key}.yml"
  service_role       = aws_iam_role.build[each.key].arn
  encryption_key     = var.artifacts.key_arn
  build_timeout      = each.value.minutes
  project_visibility = "PRIVATE"
  tags               = var.tags

  source {
    type      = "CODEPIPELINE"
    buildspec = ".aws/buildspec-${each.key}.yml"
  }
  artifacts {
    type = "CODEPIPELINE"
  }

  environment {
    type            = "LINUX_CONTAINER"
    compute_type    = each.key == "promote" ? "BUILD_GENERAL1_SMALL" : "BUILD_GENERAL1_LARGE"
    image           = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
    privileged_mode = each.value.docker

    dynamic "environment_variable" {
      for_each = each.value.variables

      content {
        name  = environment_variable.key
        value = environment_variable.value
      }
    }
  }

  logs_config {
    cloudwatch_logs {
      group_name = aws_cloudwatch_log_group.build[each.key].name
    }
  }
}

resource "aws_cloudwatch_log_group" "build" {
  for_each          = local.builds
  name              = "/${var.name}/delivery/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = module.key.arn
  tags              = var.tags
}

module "key" {
  source      = "../key"
  name        = var.name
  account_id  = var.account_id
  purpose     = "delivery"
  log_regions = [var.region]
  tags        = var.tags
}

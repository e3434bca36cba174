# Who may do what: the pipeline conducts, each build does its own part. Only `images` and `promote` touch images, only
# `images` signs, and nothing here reaches the cluster: a promotion is a commit.
locals {
  rights = { test = local.report, images = concat(local.push, local.sign), promote = concat(local.clone, local.pull, local.watch) }

  hand_on = [
    {
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
      Resource = "arn:aws:s3:::${var.artifacts.bucket}/${substr(var.name, 0, 20)}/*"
    },
    {
      Effect   = "Allow"
      Action   = ["s3:GetBucketLocation", "s3:GetBucketVersioning"]
      Resource = "arn:aws:s3:::${var.artifacts.bucket}"
    },
    {
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = var.artifacts.key_arn
    },
    {
      Effect    = "Allow"
      Action    = ["codeconnections:UseConnection"]
      Resource  = aws_codeconnections_connection.this.arn
      Condition = { "ForAllValues:StringEquals" = { "codeconnections:FullRepositoryId" = var.repository.id } }
    },
  ]
  conduct = [
    {
      Effect   = "Allow"
      Action   = ["codebuild:BatchGetBuilds", "codebuild:StartBuild"]
      Resource = [for project in keys(local.builds) : "arn:aws:codebuild:${var.region}:${var.account_id}:project/${var.name}-${project}"]
    },
    {
      Effect   = "Allow"
      Action   = ["cloudwatch:DescribeAlarms"]
      Resource = "arn:aws:cloudwatch:${var.region}:${var.account_id}:alarm:${var.rollback_alarm_name}"
    },
    {
      Effect   = "Allow"
      Action   = ["sns:Publish"]
      Resource = var.approval_topic_arn
    },
    {
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = var.observability_key_arn
    },
  ]
  log = {
    for build in keys(local.builds) : build => [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "arn:aws:logs:${var.region}:${var.account_id}:log-group:/${var.name}/delivery/${build}:*"
    }]
  }
  report = [{
    Effect   = "Allow"
    Action   = ["codebuild:BatchPutCodeCoverages", "codebuild:BatchPutTestCases", "codebuild:CreateReport", "codebuild:CreateReportGroup", "codebuild:UpdateReport"]
    Resource = "arn:aws:codebuild:${var.region}:${var.account_id}:report-group/${var.name}-test-*"
  }]
  log_in = [{
    Effect   = "Allow"
    Action   = ["ecr:GetAuthorizationToken"]
    Resource = "*"
  }]
  push = concat(local.log_in, [{
    Effect = "Allow"
    Action = [
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
    ]
    Resource = var.registry.repository_arns
  }])
  sign = [{
    Effect   = "Allow"
    Action   = ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"]
    Resource = aws_kms_key.signing.arn
  }]
  pull = concat(local.log_in, [
    {
      Effect   = "Allow"
      Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      Resource = var.registry.repository_arns
    },
    {
      Effect   = "Allow"
      Action   = ["kms:DescribeKey", "kms:GetPublicKey"]
      Resource = aws_kms_key.signing.arn
    },
  ])
  clone = [{
    Effect   = "Allow"
    Action   = ["codeconnections:GetConnection", "codeconnections:GetConnectionToken"]
    Resource = aws_codeconnections_connection.this.arn
  }]
  watch = [{
    Effect   = "Allow"
    Action   = ["cloudwatch:DescribeAlarms"]
    Resource = "arn:aws:cloudwatch:${var.region}:${var.account_id}:alarm:${var.name}-*"
  }]
}

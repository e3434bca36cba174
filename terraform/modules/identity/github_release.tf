resource "aws_iam_role_policy" "images" {
  name = "push"
  role = aws_iam_role.github["images"].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "LogIn"
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = "*"
      },
      {
        Sid    = "Push"
        Effect = "Allow"
        Action = [
          "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
          "ecr:DescribeImageScanFindings", "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage",
          "ecr:UploadLayerPart",
        ]
        Resource = var.repository_arns
      },
    ]
  })
}

resource "aws_iam_role_policy" "watch" {
  name = "look"
  role = aws_iam_role.github["watch"].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "LookAtAlarms"
      Effect   = "Allow"
      Action   = ["cloudwatch:DescribeAlarms"]
      Resource = "arn:aws:cloudwatch:${var.region}:${var.account_id}:alarm:${var.name}-*"
    }]
  })
}

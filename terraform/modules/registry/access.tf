resource "aws_ecr_repository_policy" "readers" {
  for_each   = length(var.reader_accounts) > 0 ? aws_ecr_repository.this : {}
  repository = each.value.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "PullFromOurOtherAccounts"
      Effect    = "Allow"
      Principal = { AWS = [for account in sort(var.reader_accounts) : "arn:aws:iam::${account}:root"] }
      Action    = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    }]
  })
}

locals {
  replica_arn = "arn:aws:s3:::${var.name}-models-replica-${var.account_id}"
}

resource "aws_s3_bucket_replication_configuration" "models" {
  for_each = local.replica
  bucket   = aws_s3_bucket.this["models"].id
  role     = aws_iam_role.replication[each.key].arn

  rule {
    id     = "all"
    status = "Enabled"
    filter {}

    delete_marker_replication {
      status = "Disabled"
    }
    source_selection_criteria {
      sse_kms_encrypted_objects {
        status = "Enabled"
      }
    }
    destination {
      bucket = aws_s3_bucket.replica[each.key].arn

      encryption_configuration {
        replica_kms_key_id = module.replica_key[each.key].arn
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this, aws_s3_bucket_versioning.replica]
}

resource "aws_iam_role" "replication" {
  for_each             = local.replica
  name                 = "${var.name}-replicate-models"
  path                 = "/pixguard/bounded/"
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = ["sts:AssumeRole"]
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "replication" {
  for_each = local.replica
  name     = "replicate"
  role     = aws_iam_role.replication[each.key].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
        Resource = local.arns[each.key]
      },
      {
        Effect = "Allow"
        Action = [
          "s3:GetObjectLegalHold", "s3:GetObjectRetention", "s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication",
          "s3:GetObjectVersionTagging",
        ]
        Resource = "${local.arns[each.key]}/*"
      },
      {
        Effect   = "Allow"
        Action   = ["s3:ReplicateObject", "s3:ReplicateTags"]
        Resource = "${local.replica_arn}/*"
      },
      {
        Effect   = "Allow"
        Action   = ["kms:Decrypt"]
        Resource = module.key.arn
      },
      {
        Effect   = "Allow"
        Action   = ["kms:Encrypt", "kms:GenerateDataKey"]
        Resource = module.replica_key[each.key].arn
      },
    ]
  })
}

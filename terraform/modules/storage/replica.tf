# A copy of every model version in another region: what a lost region must not take with it.
locals {
  replica = var.replica_region == null ? {} : { models = var.replica_region }
}

module "replica_key" {
  source     = "../key"
  for_each   = local.replica
  name       = var.name
  account_id = var.account_id
  purpose    = "storage-replica"
  region     = each.value
  tags       = var.tags
}

resource "aws_s3_bucket" "replica" {
  #checkov:skip=CKV_AWS_144:This is the replica
  #checkov:skip=CKV_AWS_18:Only replication writes here, and the source is logged
  #checkov:skip=CKV2_AWS_62:Nothing here reacts to single objects
  for_each            = local.replica
  bucket              = "${var.name}-${each.key}-replica-${var.account_id}"
  region              = each.value
  force_destroy       = false
  object_lock_enabled = true
  tags                = merge(var.tags, { Name = "${var.name}-${each.key}-replica" })

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "replica" {
  for_each = local.replica
  bucket   = aws_s3_bucket.replica[each.key].id
  region   = each.value

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "replica" {
  for_each = local.replica
  bucket   = aws_s3_bucket.replica[each.key].id
  region   = each.value

  rule {
    default_retention {
      mode = var.model_lock.mode
      days = var.model_lock.days
    }
  }

  depends_on = [aws_s3_bucket_versioning.replica]
}

resource "aws_s3_bucket_server_side_encryption_configuration" "replica" {
  for_each = local.replica
  bucket   = aws_s3_bucket.replica[each.key].id
  region   = each.value

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = module.replica_key[each.key].arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "replica" {
  for_each                = local.replica
  bucket                  = aws_s3_bucket.replica[each.key].id
  region                  = each.value
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "replica" {
  for_each = local.replica
  bucket   = aws_s3_bucket.replica[each.key].id
  region   = each.value

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for statement in local.refuse[each.key] : merge(statement, {
      Resource = [local.replica_arn, "${local.replica_arn}/*"]
    })]
  })

  depends_on = [aws_s3_bucket_public_access_block.replica]
}

resource "aws_s3_bucket_lifecycle_configuration" "replica" {
  for_each = local.replica
  bucket   = aws_s3_bucket.replica[each.key].id
  region   = each.value

  rule {
    id     = "cold"
    status = "Enabled"
    filter {}

    transition {
      days          = 1
      storage_class = "GLACIER_IR"
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.replica]
}

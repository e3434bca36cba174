# lake: payments, labels and features. models: signed versions, which cannot be changed. artifacts: what runs and builds
# leave. logs: who asked the others for what.
locals {
  names = { for use in ["lake", "models", "artifacts", "logs"] : use => "${var.name}-${use}-${var.account_id}" }
  data  = { for use, name in local.names : use => name if use != "logs" }
  arns  = { for use, name in local.names : use => "arn:aws:s3:::${name}" }
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_144:Models are copied to replica_region (replica.tf); the lake is rebuilt from its sources, which the bank keeps
  #checkov:skip=CKV2_AWS_62:Nothing here reacts to single objects: jobs are scheduled and versions are released by Git
  #checkov:skip=CKV_AWS_18:All but the bucket of the logs itself are logged (logging.tf); logs of logs never end
  #checkov:skip=CKV_AWS_145:All but the bucket of the logs are under our key; S3 delivers its access logs under its own key only
  for_each            = local.names
  bucket              = each.value
  force_destroy       = false
  object_lock_enabled = each.key == "models"
  tags                = merge(var.tags, { Name = each.value })

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = aws_s3_bucket.this
  bucket   = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "models" {
  bucket = aws_s3_bucket.this["models"].id

  rule {
    default_retention {
      mode = var.model_lock.mode
      days = var.model_lock.days
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = aws_s3_bucket.this
  bucket   = each.value.id

  rule {
    id     = "unfinished"
    status = "Enabled"
    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  # A model's old versions stay: an audit may ask for what decided years ago.
  rule {
    id     = "ages"
    status = "Enabled"
    filter {}

    transition {
      days          = each.key == "logs" ? 90 : 30
      storage_class = each.key == "logs" ? "GLACIER_IR" : "INTELLIGENT_TIERING"
    }
    dynamic "noncurrent_version_expiration" {
      for_each = each.key == "models" ? [] : [90]

      content {
        noncurrent_days = noncurrent_version_expiration.value
      }
    }
    dynamic "expiration" {
      for_each = [for days in [lookup(var.kept_days, each.key, null)] : days if days != null]

      content {
        days = expiration.value
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

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

  rule {
    id     = "cold"
    status = "Enabled"
    filter {}

    transition {
      days          = each.key == "logs" ? 90 : 30
      storage_class = each.key == "logs" ? "GLACIER_IR" : "INTELLIGENT_TIERING"
    }
  }

  # A model's old versions stay: an audit may ask for what decided years ago.
  dynamic "rule" {
    for_each = each.key == "models" ? [] : [1]

    content {
      id     = "replaced"
      status = "Enabled"
      filter {}

      noncurrent_version_expiration {
        noncurrent_days = 90
      }
    }
  }

  dynamic "rule" {
    for_each = [for days in [lookup(var.kept_days, each.key, null)] : days if days != null]

    content {
      id     = "expired"
      status = "Enabled"
      filter {}

      expiration {
        days = rule.value
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

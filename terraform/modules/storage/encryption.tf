module "key" {
  source     = "../key"
  name       = var.name
  account_id = var.account_id
  purpose    = "storage"
  tags       = var.tags
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = aws_s3_bucket.this
  bucket   = each.value.id

  rule {
    bucket_key_enabled = each.key != "logs"

    apply_server_side_encryption_by_default {
      sse_algorithm     = each.key == "logs" ? "AES256" : "aws:kms"
      kms_master_key_id = each.key == "logs" ? null : module.key.arn
    }
  }
}

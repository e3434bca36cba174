resource "aws_kms_key" "this" {
  description             = "${var.name}: ${var.purpose}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  region                  = var.region
  tags                    = var.tags

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local.account, local.services, local.logs, local.principals)
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}-${var.purpose}"
  target_key_id = aws_kms_key.this.key_id
  region        = var.region
}

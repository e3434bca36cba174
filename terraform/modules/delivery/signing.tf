# Signs images. The private half never leaves KMS; runbooks/key-rotation.md says how a new one takes its place.
resource "aws_kms_key" "signing" {
  #checkov:skip=CKV_AWS_7:KMS does not rotate asymmetric keys; runbooks/key-rotation.md does
  description              = "${var.name}: signs images"
  key_usage                = "SIGN_VERIFY"
  customer_master_key_spec = "ECC_NIST_P256"
  deletion_window_in_days  = 30
  tags                     = var.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AccountByItsIamPolicies"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
      Action = [
        "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey", "kms:EnableKey",
        "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:GetPublicKey", "kms:ListResourceTags", "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion", "kms:Sign", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias",
        "kms:UpdateKeyDescription", "kms:Verify",
      ]
      Resource = "*"
    }]
  })
}

resource "aws_kms_alias" "signing" {
  name          = "alias/${var.name}-image-signing"
  target_key_id = aws_kms_key.signing.key_id
}

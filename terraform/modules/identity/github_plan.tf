resource "aws_iam_role_policy_attachment" "plan" {
  role       = aws_iam_role.github["plan"].name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_role_policy" "plan" {
  name   = "state-and-no-data"
  role   = aws_iam_role.github["plan"].name
  policy = jsonencode({ Version = "2012-10-17", Statement = concat(local.lock_state, local.no_data) })
}

locals {
  state_arn = "arn:aws:s3:::${var.state_bucket}"
  lock_state = [
    {
      Sid      = "LockState"
      Effect   = "Allow"
      Action   = ["s3:DeleteObject", "s3:PutObject"]
      Resource = "${local.state_arn}/*.tflock"
    },
    {
      Sid       = "OpenState"
      Effect    = "Allow"
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = "arn:aws:kms:${var.region}:${var.account_id}:key/*"
      Condition = { "ForAnyValue:StringEquals" = { "kms:ResourceAliases" = "alias/${var.name}-state" } }
    },
  ]

  # Whoever describes the infrastructure need not read payments: no object but the state, no secret, no message.
  no_data = [
    {
      Sid         = "NoObjectsButTheState"
      Effect      = "Deny"
      Action      = ["s3:GetObject", "s3:GetObjectVersion"]
      NotResource = ["${local.state_arn}/*"]
    },
    {
      Sid    = "NoSecretsAndNoMessages"
      Effect = "Deny"
      Action = [
        "kafka-cluster:ReadData", "kafka-cluster:WriteData", "rds-db:connect", "secretsmanager:BatchGetSecretValue",
        "secretsmanager:GetSecretValue",
      ]
      Resource = "*"
    },
  ]
}

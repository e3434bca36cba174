# Who runs in the cluster, as which service account, and what of AWS they may touch. One place to read, one role each.
locals {
  workloads = {
    predictor = {
      namespace       = "pixguard"
      service_account = "pixguard-predictor"
      statements      = concat(local.read["models"], local.connect_kafka, local.write_topic["decisions"])
    }
    stream = {
      namespace       = "pixguard-streaming"
      service_account = "spark-driver"
      statements = concat(
        local.write["lake"], local.connect_kafka, local.read_topic["payments"], local.read_topic["labels"], local.write_topic["dead-letters"],
      )
    }
    features = {
      namespace       = "pixguard-pipelines"
      service_account = "spark-driver"
      statements      = concat(local.read["lake"], local.write["lake"])
    }
    pipelines = {
      namespace       = "pixguard-pipelines"
      service_account = "train-model"
      statements      = concat(local.read["lake"], local.read["models"], local.write["lake"], local.write["models"], local.write["artifacts"])
    }
    watch = {
      namespace       = "pixguard-pipelines"
      service_account = "watch-model"
      statements      = local.write["artifacts"]
    }
    advance = {
      namespace       = "pixguard-pipelines"
      service_account = "advance-canary"
      statements      = local.read["models"]
    }
    keeper = {
      namespace       = "pixguard-pipelines"
      service_account = "keep-decisions"
      statements      = concat(local.connect_kafka, local.read_topic["decisions"])
    }
    mlflow = {
      namespace       = "pixguard-pipelines"
      service_account = "mlflow"
      statements      = concat(local.read["artifacts"], local.write["artifacts"])
    }
    history = {
      namespace       = "pixguard-streaming"
      service_account = "spark-history"
      statements      = local.read["lake"]
    }
    prometheus = {
      namespace       = "pixguard-monitoring"
      service_account = "pixguard-prometheus"
      statements      = [{ actions = ["aps:RemoteWrite"], resources = [module.observability.workspace_arn] }]
    }
    alertmanager = {
      namespace       = "pixguard-monitoring"
      service_account = "pixguard-alertmanager"
      statements = [
        { actions = ["sns:Publish"], resources = values(module.observability.topic_arns) },
        { actions = ["kms:Decrypt", "kms:GenerateDataKey"], resources = [module.observability.key_arn] },
      ]
    }
    external-secrets = {
      namespace       = "external-secrets"
      service_account = "external-secrets"
      statements = [
        {
          actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
          resources = ["arn:aws:secretsmanager:${var.region}:${var.account_id}:secret:${local.product}/*"]
        },
        { actions = ["kms:Decrypt"], resources = [module.cache.key_arn, module.database.key_arn, module.secrets_key.arn] },
      ]
    }
  }
}

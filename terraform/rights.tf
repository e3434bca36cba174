# The words in which workloads.tf speaks. Nobody deletes from `models`: a version that was published stays.
locals {
  buckets = module.storage.bucket_arns
  use_key = { actions = ["kms:Decrypt", "kms:GenerateDataKey"], resources = [module.storage.key_arn] }

  read = {
    for use, arn in local.buckets : use => [
      { actions = ["s3:GetBucketLocation", "s3:ListBucket"], resources = [arn] },
      { actions = ["s3:GetObject", "s3:GetObjectVersion"], resources = ["${arn}/*"] },
      local.use_key,
    ]
  }
  write = {
    for use, arn in local.buckets : use => [
      { actions = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"], resources = [arn] },
      {
        actions = concat(
          ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
          use == "models" ? [] : ["s3:DeleteObject"],
        )
        resources = ["${arn}/*"]
      },
      local.use_key,
    ]
  }

  connect_kafka = [{
    actions   = ["kafka-cluster:Connect", "kafka-cluster:DescribeCluster"]
    resources = [module.streaming.cluster_arn_pattern]
  }]
  read_topic = {
    for topic in keys(local.topics) : topic => [
      {
        actions   = ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"]
        resources = ["${module.streaming.topic_arn_prefix}/${local.product}.${topic}"]
      },
      {
        actions   = ["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"]
        resources = ["${module.streaming.group_arn_prefix}/${local.product}-*"]
      },
    ]
  }
  write_topic = {
    for topic in keys(local.topics) : topic => [{
      actions   = ["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData", "kafka-cluster:WriteDataIdempotently"]
      resources = ["${module.streaming.topic_arn_prefix}/${local.product}.${topic}"]
    }]
  }
}

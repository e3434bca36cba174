# The most that a role with a policy of ours can ever do, whoever writes that policy: every action that one of them needs
# today, by name. Automation may make such roles but not change this, so it cannot give itself or a workload more.
resource "aws_iam_policy" "boundary" {
  #checkov:skip=CKV_AWS_288:A boundary gives nothing: it is attached to nobody as a policy and only caps what roles' own policies name
  #checkov:skip=CKV_AWS_289:A boundary gives nothing, see above
  #checkov:skip=CKV_AWS_290:A boundary gives nothing, see above
  #checkov:skip=CKV_AWS_355:A boundary gives nothing, see above; the roles' own policies name their resources
  name        = "${local.name}-boundary"
  path        = "/pixguard/"
  description = "Beyond this no role of ${local.name} with a policy of our own can reach"
  tags        = local.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Ceiling"
      Effect   = "Allow"
      Action   = local.ceiling
      Resource = "*"
    }]
  })
}

locals {
  ceiling = sort(flatten([for service, actions in local.ceiling_by_service : [for action in actions : "${service}:${action}"]]))
  ceiling_by_service = {
    aps             = ["RemoteWrite"]
    cloudwatch      = ["DescribeAlarms"]
    codebuild       = ["BatchGetBuilds", "BatchPutCodeCoverages", "BatchPutTestCases", "CreateReport", "CreateReportGroup", "StartBuild", "UpdateReport"]
    codeconnections = ["GetConnection", "GetConnectionToken", "UseConnection"]
    ecr = [
      "BatchCheckLayerAvailability", "BatchGetImage", "CompleteLayerUpload", "GetAuthorizationToken", "GetDownloadUrlForLayer",
      "InitiateLayerUpload", "PutImage", "UploadLayerPart",
    ]
    kafka-cluster = [
      "AlterGroup", "Connect", "DescribeCluster", "DescribeGroup", "DescribeTopic", "ReadData", "WriteData",
      "WriteDataIdempotently",
    ]
    kms  = ["Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "GetPublicKey", "Sign"]
    logs = ["CreateLogStream", "DescribeLogStreams", "PutLogEvents"]
    s3 = [
      "AbortMultipartUpload", "DeleteObject", "GetBucketLocation", "GetBucketVersioning", "GetObject", "GetObjectLegalHold",
      "GetObjectRetention", "GetObjectVersion", "GetObjectVersionAcl", "GetObjectVersionForReplication",
      "GetObjectVersionTagging", "GetReplicationConfiguration", "ListBucket", "ListBucketMultipartUploads",
      "ListMultipartUploadParts", "PutObject", "ReplicateObject", "ReplicateTags",
    ]
    secretsmanager = ["DescribeSecret", "GetSecretValue"]
    sns            = ["Publish"]
  }
}

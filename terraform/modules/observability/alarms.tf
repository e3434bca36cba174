# What the cluster's own alerts cannot see: the stores below it. Each says what breaks when nobody acts.
locals {
  alarms = merge(local.store_alarms, local.cache_alarms)
  store_alarms = {
    database-disk = {
      says       = "PostgreSQL has less than 5 GiB left: runs and registry stop when it is full"
      namespace  = "AWS/RDS", metric = "FreeStorageSpace", statistic = "Minimum", below = 5368709120, above = null
      dimensions = { DBInstanceIdentifier = var.database_identifier }
    }
    database-cpu = {
      says       = "PostgreSQL is at 90 % CPU for a quarter of an hour"
      namespace  = "AWS/RDS", metric = "CPUUtilization", statistic = "Average", below = null, above = 90
      dimensions = { DBInstanceIdentifier = var.database_identifier }
    }
    kafka-offline = {
      says       = "Partitions of Kafka have no leader: payments are not taken"
      namespace  = "AWS/Kafka", metric = "OfflinePartitionsCount", statistic = "Maximum", below = null, above = 0
      dimensions = { "Cluster Name" = var.kafka_cluster_name }
    }
    kafka-controller = {
      says       = "Kafka has no controller"
      namespace  = "AWS/Kafka", metric = "ActiveControllerCount", statistic = "Maximum", below = 1, above = null
      dimensions = { "Cluster Name" = var.kafka_cluster_name }
    }
  }
  cache_alarms = merge([for node in var.cache_node_ids : {
    "cache-memory-${node}" = {
      says       = "Valkey is 80 % full on ${node}: it refuses writes when it is full, and state grows old"
      namespace  = "AWS/ElastiCache", metric = "DatabaseMemoryUsagePercentage", statistic = "Maximum", below = null, above = 80
      dimensions = { CacheClusterId = node }
    }
    "cache-cpu-${node}" = {
      says       = "Valkey's one thread is at 80 % on ${node}: requests begin to wait"
      namespace  = "AWS/ElastiCache", metric = "EngineCPUUtilization", statistic = "Average", below = null, above = 80
      dimensions = { CacheClusterId = node }
    }
  }]...)
}

resource "aws_cloudwatch_metric_alarm" "store" {
  for_each            = local.alarms
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.says
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = each.value.above == null ? "LessThanThreshold" : "GreaterThanThreshold"
  threshold           = each.value.above == null ? each.value.below : each.value.above
  period              = 300
  evaluation_periods  = 3
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.this["alarms"].arn]
  ok_actions          = [aws_sns_topic.this["alarms"].arn]
  tags                = var.tags
}

# Alertmanager publishes to the topic when a release's errors, latency or decisions are off (it has the metrics by version);
# that message is a data point here, and this alarm is what CodePipeline can wait for.
resource "aws_cloudwatch_metric_alarm" "rollback" {
  alarm_name          = "${var.name}-rollback"
  alarm_description   = "Alertmanager says that the release must go back"
  namespace           = "AWS/SNS"
  metric_name         = "NumberOfMessagesPublished"
  dimensions          = { TopicName = "${var.name}-rollback" }
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this["alarms"].arn]
  tags                = var.tags
}

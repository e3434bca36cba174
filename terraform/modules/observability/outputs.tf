output "remote_write_url" {
  description = "Where Prometheus in the cluster sends what it scraped."
  value       = "${aws_prometheus_workspace.this.prometheus_endpoint}api/v1/remote_write"
}

output "workspace_arn" {
  description = "ARN of the Prometheus workspace."
  value       = aws_prometheus_workspace.this.arn
}

output "topic_arns" {
  description = "ARN of each topic: alarms (people) and rollback (releases), known before they exist."
  value       = local.topic_arns
}

output "rollback_alarm_name" {
  description = "The alarm that says a release must go back."
  value       = aws_cloudwatch_metric_alarm.rollback.alarm_name
}

output "log_group_names" {
  description = "Log group of each namespace."
  value       = { for name in var.log_groups : name => "/${var.name}/${name}" }
}

output "key_arn" {
  description = "Key of the topics, logs and metrics: who publishes needs it."
  value       = module.key.arn
}

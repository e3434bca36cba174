#!/usr/bin/env bash
# What Spark on Kubernetes starts in a pod: `driver …` and `executor …` as Spark's scheduler calls them, else the words
# themselves. Writes nothing but below /tmp; tini reaps Python workers.
set -euo pipefail

classpath="${SPARK_CLASSPATH:-}:${SPARK_HOME}/jars/*"
if [[ -n ${SPARK_CONF_DIR:-} ]]; then classpath="${SPARK_CONF_DIR}:${classpath}"; fi

java_options=() # Spark hands them over one a variable, numbered from 0
for ((i = 0; ; i++)); do
  name="SPARK_JAVA_OPT_$i"
  [[ -n ${!name+set} ]] || break
  java_options+=("${!name}")
done

case "${1:-}" in
  driver)
    shift
    command=("${SPARK_HOME}/bin/spark-submit" --conf "spark.driver.bindAddress=${SPARK_DRIVER_BIND_ADDRESS}"
      --deploy-mode client "$@") ;;
  executor)
    command=("${JAVA_HOME}/bin/java" ${java_options[@]+"${java_options[@]}"}
      "-Xms${SPARK_EXECUTOR_MEMORY}" "-Xmx${SPARK_EXECUTOR_MEMORY}" -cp "${classpath}"
      org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend
      --driver-url "${SPARK_DRIVER_URL}" --executor-id "${SPARK_EXECUTOR_ID}" --cores "${SPARK_EXECUTOR_CORES}"
      --app-id "${SPARK_APPLICATION_ID}" --hostname "${SPARK_EXECUTOR_POD_IP}"
      --resourceProfileId "${SPARK_RESOURCE_PROFILE_ID}" --podName "${SPARK_EXECUTOR_POD_NAME}") ;;
  *) command=("$@") ;;
esac
exec tini -s -- "${command[@]}"

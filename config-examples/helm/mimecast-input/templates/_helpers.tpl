{{- define "mimecast-input.name" -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end }}

{{- define "mimecast-input.selector" -}}
app.kubernetes.io/name: mimecast-input
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "mimecast-input.labels" -}}
{{ include "mimecast-input.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- /* An image by its digest, else by its tag, else by `or`. */ -}}
{{- define "mimecast-input.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .or }}
{{- end -}}
{{- end }}

{{- /* config.yaml of the program. */ -}}
{{- define "mimecast-input.config" -}}
{{- $url := eq .Values.delivery.to "url" | ternary .Values.delivery.url "http://127.0.0.1:9880/" -}}
{{- $own := dict "state_dir" "/var/lib/mimecast-input" "output" (dict "http" (dict "url" $url "body" "json")) -}}
{{- /* The kubelet asks at the pod's address; the NetworkPolicy keeps all others out. */ -}}
{{- $_ := set $own "http_server" (dict "listen" "0.0.0.0:9477") -}}
{{- toYaml (merge $own .Values.config) -}}
{{- end }}

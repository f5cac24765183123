"""The page around the Data Docs: template and style sheet, as text so that the import closure carries them."""

from __future__ import annotations

STYLE = """
:root { --ink: #1d2530; --soft: #5c6878; --line: #dfe4ea; --back: #f5f7f9; --card: #fff; --good: #1a7f4b;
  --bad: #b3261e; --warn: #9a6700; --link: #1f5fbf; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #9aa6b5; --line: #323a46; --back: #14181e;
  --card: #1c222b; --good: #53c98c; --bad: #ff8a80; --warn: #e3b341; --link: #7fb1ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans CJK SC", "WenQuanYi Zen Hei", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 36px 0 10px; }
h4, h5, h6 { font-size: 16px; margin: 0; } p.lead { color: var(--soft); margin: 0 0 20px; }
a { color: var(--link); }
.verdict { border-left: 6px solid var(--good); background: var(--card); padding: 14px 18px; border-radius: 6px;
  font-size: 17px; margin: 0 0 18px; } .verdict.error { border-color: var(--bad); }
.verdict.warn { border-color: var(--warn); }
dl.totals { display: flex; flex-wrap: wrap; gap: 12px; margin: 0 0 8px; }
dl.totals div { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 8px 16px; }
dl.totals dt { color: var(--soft); font-size: 13px; } dl.totals dd { margin: 0; font-size: 20px; font-weight: 600; }
table { width: 100%; border-collapse: collapse; background: var(--card); }
td table { margin-top: 10px; font-size: 14px; }
th { white-space: nowrap; text-align: left; font-size: 13px; color: var(--soft); font-weight: 600; }
th, td { padding: 8px 10px; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
td.word { white-space: nowrap; } .passed, .text-success { color: var(--good); } .soft { color: var(--soft); }
.failed, .text-danger { color: var(--bad); } .warned, .text-warning { color: var(--warn); }
.fa-check-circle::before { content: "\\2713"; } .fa-times::before { content: "\\2717"; }
.fa-exclamation-triangle::before { content: "!"; } i.fas { font-style: normal; font-weight: 700; }
code, .id { font: 13px ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
ul.first { margin: 6px 0 0; padding-left: 18px; font-size: 14px; }
.badge { background: var(--back); border: 1px solid var(--line); border-radius: 4px; padding: 0 5px; }
.ge-section { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 14px 16px;
  margin: 0 0 14px; } .ge-section table { table-layout: auto; } [hidden] { display: none; }
footer { color: var(--soft); font-size: 13px; margin-top: 36px; }
details.columns { margin-top: 30px; } details.columns > summary { cursor: pointer; font-size: 17px; font-weight: 600;
  margin-bottom: 12px; }
.ge-section { overflow-x: auto; }
@media (max-width: 640px) { .wide { display: none; } main { padding: 16px 10px; } h1 { font-size: 21px; }
  .all thead { display: none; } .all tr { display: grid; grid-template-columns: auto 1fr; padding: 8px 0;
    border-bottom: 1px solid var(--line); }
  .all td { border: 0; padding: 2px 10px; }
  .all td:nth-child(2) { grid-row: 1; grid-column: 2; }
  .all td:last-child { grid-column: 2; color: var(--soft); } }
@media print { body { background: #fff; } .ge-section { break-inside: avoid; } }
"""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ totals.name|e }}: expectations</title>
<style>{{ style }}</style>
</head>
<body>
<main>
<h1>{{ totals.name|e }}: expectations</h1>
<p class="lead">What must hold before the dataset is exported, and what was found.</p>
{% set errors = failed | selectattr("severity", "equalto", "error") | list %}
<p class="verdict{% if errors %} error{% elif failed %} warn{% endif %}">
{% if errors %}The dataset was <b>not</b> exported: {{ errors|length }} of {{ findings|length }} expectations failed
that stop the run{% if failed|length > errors|length %}, {{ failed|length - errors|length }} more gave a warning
{% endif %}.
{% elif failed %}The dataset was exported; {{ failed|length }} of {{ findings|length }} expectations gave a warning.
{% else %}The dataset was exported; all {{ findings|length }} expectations hold.{% endif %}
</p>
<dl class="totals">
{% for split, count in totals.rows.items() %}
<div><dt>{{ split|e }}</dt><dd>{{ "{:,}".format(count) }}</dd></div>
{% endfor %}
</dl>
<h2>Expectations</h2>
<table class="all">
<thead><tr><th>Result</th><th>Expectation</th><th class="wide">If broken</th><th>Observed</th></tr></thead>
<tbody>
{% for finding in findings %}
<tr id="entry-{{ loop.index }}">
<td class="word">{% if finding.passed %}<span class="passed">&#10003; holds</span>
{% elif finding.severity == "error" %}<span class="failed">&#10007; error</span>
{% else %}<span class="warned">! warning</span>{% endif %}</td>
<td>{{ finding.title|e }}<br><code class="soft">{{ finding.expect|e }}</code>
{% if finding.note %}<br><span class="soft">{{ finding.note|e }}</span>{% endif %}
{% if finding.first %}<ul class="first">
{% for item in finding.first %}
<li>{% if item.id %}<span class="id">{{ item.id|e }}</span> {% endif %}{{ item.why|e }}</li>{% endfor %}
{% if finding.unexpected > finding.first|length %}
<li class="soft">and {{ "{:,}".format(finding.unexpected - finding.first|length) }} more</li>{% endif %}
</ul>{% endif %}</td>
<td class="wide word soft">{% if finding.severity == "error" %}stops the run{% else %}is reported{% endif %}</td>
<td>{{ finding.observed|e }}</td>
</tr>
{% endfor %}
</tbody>
</table>
<details class="columns"><summary>The same column by column, with examples of what fails</summary>
{{ sections }}
</details>
<footer>Suite run by Great Expectations {{ ge_version|e }}. A record's whole history: <code>sft trace RECORD_ID</code>.
</footer>
</main>
</body>
</html>
"""

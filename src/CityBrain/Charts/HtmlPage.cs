using System.Net;
using System.Text;

namespace CityBrain.Charts;

/// <summary>One page of text, tables and drawings in one file: no script, nothing fetched from anywhere.</summary>
internal sealed class HtmlPage
{
    private const string Style = """
        body{margin:0;background:#fff;color:#1f2933;font:15px/1.5 system-ui,'Noto Sans','DejaVu Sans',Arial,sans-serif}
        main{max-width:1120px;margin:0 auto;padding:24px 16px 64px}
        h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:32px 0 8px}
        p{margin:6px 0;max-width:80ch}.faint{color:#52606d}
        .wide{overflow-x:auto}table{border-collapse:collapse;margin:8px 0;font-variant-numeric:tabular-nums}
        th,td{padding:4px 10px;border-bottom:1px solid #e4e7eb;text-align:right;white-space:nowrap}
        th{font-weight:600;border-bottom:2px solid #9aa5b1}th.t,td.t{text-align:left}
        td.t{max-width:22em;overflow:hidden;text-overflow:ellipsis}
        svg{max-width:100%;height:auto;border:1px solid #e4e7eb;border-radius:6px;margin:6px 0}
        .warn{border-left:4px solid #d55e00;padding:4px 12px;background:#fdf3ec}
        .good{border-left:4px solid #009e73;padding:4px 12px;background:#eefaf5}
        """;

    private readonly StringBuilder _body = new();
    private readonly string _title;

    public HtmlPage(string title, string subtitle)
    {
        _title = title;
        _body.Append("<h1>").Append(Text(title)).Append("</h1>\n");
        _body.Append("<p class=\"faint\">").Append(Text(subtitle)).Append("</p>\n");
    }

    public void Heading(string text) => _body.Append("<h2>").Append(Text(text)).Append("</h2>\n");

    public void Paragraph(string text) => _body.Append("<p>").Append(Text(text)).Append("</p>\n");

    /// <summary>Something to be heeded, or to be glad of.</summary>
    public void Note(string text, bool warning) => _body.Append("<p class=\"").Append(warning ? "warn" : "good")
        .Append("\">").Append(Text(text)).Append("</p>\n");

    public void Drawing(string svg) => _body.Append("<div class=\"wide\">").Append(svg).Append("</div>\n");

    /// <summary>A table; the first <paramref name="texts"/> columns are texts, the others numbers.</summary>
    public void Table(IEnumerable<string> columns, IEnumerable<IEnumerable<string>> rows, int texts = 1)
    {
        _body.Append("<div class=\"wide\"><table><thead>");
        Row("th", columns, texts);
        _body.Append("</thead><tbody>\n");
        foreach (IEnumerable<string> row in rows) Row("td", row, texts);
        _body.Append("</tbody></table></div>\n");
    }

    public override string ToString() => $"""
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{Text(_title)}</title><style>{Style}</style></head>
        <body><main>
        {_body}</main></body></html>

        """;

    private void Row(string cell, IEnumerable<string> texts, int left)
    {
        _body.Append("<tr>");
        int column = 0;
        foreach (string text in texts)
        {
            _body.Append('<').Append(cell);
            // Ids that SUMO made of many joined nodes are cut by the style; the whole one is said on hovering.
            if (column++ < left) _body.Append(" class=\"t\" title=\"").Append(Text(text)).Append('"');
            _body.Append('>').Append(Text(text)).Append("</").Append(cell).Append('>');
        }
        _body.Append("</tr>\n");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}

using System.Globalization;

namespace CityBrain.History.Arrow;

/// <summary>
/// Least, greatest and number of empty cells of a column, as texts in custom metadata: <c>min.NAME</c>,
/// <c>max.NAME</c>, <c>nulls.NAME</c>. NaN is left out of account; texts compare by ordinal.
/// </summary>
internal sealed class ColumnStatistics(ArrowField field)
{
    private long _nulls;
    private bool _any;
    private (long Least, long Most) _whole;
    private (double Least, double Most) _real;
    private (string Least, string Most) _text = (string.Empty, string.Empty);

    public static ColumnStatistics Of(ArrowColumn column)
    {
        var statistics = new ColumnStatistics(column.Field) { _nulls = column.Nulls };
        for (int row = 0; row < column.Length; row++)
        {
            if (!column.IsNull(row))
            {
                statistics.AddCell(column, row);
            }
        }

        return statistics;
    }

    public static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    public void Add(ColumnStatistics other)
    {
        _nulls += other._nulls;
        if (other._any)
        {
            AddWhole(other._whole.Least, other._whole.Most);
            AddReal(other._real.Least, other._real.Most);
            AddText(other._text.Least, other._text.Most);
            _any = true;
        }
    }

    public IEnumerable<KeyValuePair<string, string>> Metadata()
    {
        yield return new("nulls." + field.Name, Text(_nulls));
        if (!_any)
        {
            yield break;
        }

        (string least, string most) = (ArrowTypes.IsText(field.Type), ArrowTypes.IsReal(field.Type)) switch
        {
            (true, _) => _text,
            (_, true) => (Text(_real.Least), Text(_real.Most)),
            _ => (Text(_whole.Least), Text(_whole.Most)),
        };
        yield return new("min." + field.Name, least);
        yield return new("max." + field.Name, most);
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private void AddCell(ArrowColumn column, int row)
    {
        if (ArrowTypes.IsText(field.Type))
        {
            string text = column.Text(row);
            AddText(text, text);
        }
        else if (!ArrowTypes.IsReal(field.Type))
        {
            long value = column.Integer(row);
            AddWhole(value, value);
        }
        else if (column.Real(row) is var value && !double.IsNaN(value))
        {
            AddReal(value, value);
        }
        else
        {
            return;
        }

        _any = true;
    }

    private void AddWhole(long least, long most) =>
        _whole = _any ? (Math.Min(_whole.Least, least), Math.Max(_whole.Most, most)) : (least, most);

    private void AddReal(double least, double most) =>
        _real = _any ? (Math.Min(_real.Least, least), Math.Max(_real.Most, most)) : (least, most);

    private void AddText(string least, string most) => _text = _any
        ? (string.CompareOrdinal(least, _text.Least) < 0 ? least : _text.Least,
            string.CompareOrdinal(most, _text.Most) > 0 ? most : _text.Most)
        : (least, most);
}

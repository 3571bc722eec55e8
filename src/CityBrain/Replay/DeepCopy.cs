using System.Reflection;
using System.Runtime.CompilerServices;

namespace CityBrain.Replay;

/// <summary>
/// Copies everything an object reaches, once each, so that the copy lives on by itself. What is reached from objects
/// named as shared is not copied: they never change. Good for pure state (arrays, numbers, collections of them);
/// whatever holds on to the world outside (streams, threads, handles) has no place in what is copied.
/// </summary>
internal sealed class DeepCopy
{
    private const BindingFlags Every =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly MethodInfo Clone =
        typeof(object).GetMethod("MemberwiseClone", BindingFlags.Instance | BindingFlags.NonPublic)!;

    private static readonly Dictionary<Type, FieldInfo[]> Fields = [];
    private static readonly Lock FieldsGate = new();

    private readonly Dictionary<object, object> _copies = new(ReferenceEqualityComparer.Instance);

    /// <param name="shared">What the copies refer to as the originals do.</param>
    public DeepCopy(params ReadOnlySpan<object> shared)
    {
        var waiting = new Stack<object>();
        foreach (object o in shared) waiting.Push(o);
        while (waiting.TryPop(out object? o))
            if (!IsAtom(o) && _copies.TryAdd(o, o))
                foreach (object inside in References(o)) waiting.Push(inside);
    }

    /// <summary>A copy of an object and of all it reaches; the same copier copies the same object once.</summary>
    public T Of<T>(T original)
        where T : class => (T)Copy(original)!;

    private object? Copy(object? original)
    {
        if (original is null || IsAtom(original)) return original;
        if (_copies.TryGetValue(original, out object? known)) return known;
        return original switch
        {
            Array array => CopyArray(array),
            Delegate d => CopyDelegate(d),
            _ => CopyObject(original),
        };
    }

    private object CopyObject(object original)
    {
        object copy = Clone.Invoke(original, null)!;
        // A boxed value is its own copy.
        if (!original.GetType().IsValueType) _copies.Add(original, copy);
        CopyFields(original, copy);
        return copy;
    }

    private void CopyFields(object original, object copy)
    {
        foreach (FieldInfo field in FieldsOf(original.GetType())) field.SetValue(copy, Copy(field.GetValue(original)));
    }

    private Array CopyArray(Array original)
    {
        Type element = original.GetType().GetElementType()!;
        bool plain = !HasReferences(element);
        Array copy = plain && original.Rank == 1 && element is { IsValueType: true, IsPrimitive: false, IsEnum: false }
            ? Pinned(element, original.Length)
            : (Array)original.Clone();
        _copies.Add(original, copy);
        if (plain)
        {
            Array.Copy(original, copy, original.Length);
            return copy;
        }
        if (original.Rank != 1) throw new NotSupportedException($"an array of {original.Rank} dimensions");
        for (int i = 0; i < original.Length; i++) copy.SetValue(Copy(original.GetValue(i)), i);
        return copy;
    }

    /// <summary>Cells of structs may be worked on by their address: their copies stay where they are, too.</summary>
    private static Array Pinned(Type element, int length) => (Array)typeof(GC)
        .GetMethod(nameof(GC.AllocateArray))!.MakeGenericMethod(element).Invoke(null, [length, true])!;

    private Delegate CopyDelegate(Delegate original)
    {
        Delegate[] calls = [.. original.GetInvocationList().Select(call => call.Target is null
            ? call
            : Delegate.CreateDelegate(call.GetType(), Copy(call.Target), call.Method))];
        Delegate copy = Delegate.Combine(calls)!;
        _copies.TryAdd(original, copy);
        return copy;
    }

    private static IEnumerable<object> References(object o)
    {
        if (o is Array array)
        {
            if (!HasReferences(array.GetType().GetElementType()!)) yield break;
            foreach (object? element in array)
                if (element is not null) yield return element;
            yield break;
        }
        foreach (FieldInfo field in FieldsOf(o.GetType()))
            if (field.GetValue(o) is { } value) yield return value;
    }

    /// <summary>Fields that are, or hold, references.</summary>
    private static FieldInfo[] FieldsOf(Type type)
    {
        lock (FieldsGate)
        {
            if (Fields.TryGetValue(type, out FieldInfo[]? known)) return known;
            var found = new List<FieldInfo>();
            for (Type? t = type; t is not null && t != typeof(object); t = t.BaseType)
                found.AddRange(t.GetFields(Every).Where(f => HasReferences(f.FieldType)));
            return Fields[type] = [.. found];
        }
    }

    private static bool IsAtom(object o) => o is string or Type or MemberInfo or Assembly
        || (o.GetType().IsValueType && !HasReferences(o.GetType()));

    private static bool HasReferences(Type type) => !type.IsPointer && !type.IsByRefLike && (bool)typeof(RuntimeHelpers)
        .GetMethod(nameof(RuntimeHelpers.IsReferenceOrContainsReferences))!.MakeGenericMethod(type).Invoke(null, null)!;
}

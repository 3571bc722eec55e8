using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace CityBrain.Fuzz;

/// <summary>
/// Makes a copy of this program in which every block of the product's code counts that it was entered: a call of
/// <see cref="Probes.Hit"/> where a block begins, which is at a method's first instruction, at every target of a branch
/// and behind every branch (A. V. Aho and others, "Compilers", section 8.4.1).
/// </summary>
internal static class Instrumentation
{
    private static readonly string[] Product =
        ["CityBrain.Model", "CityBrain.Mqtt", "CityBrain.Ingest", "CityBrain.History", "CityBrain.Sumo", "CityBrain.Controllers",
            "CityBrain.Dashboard", "citybrain"];

    /// <summary>Copies the program's folder, instrumented; returns how many blocks count.</summary>
    public static int Make(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
        int blocks = 0;
        foreach (string name in Product)
        {
            // A portable executable's symbols would no longer fit.
            File.Delete(Path.Combine(to, name + ".pdb"));
            blocks = Rewrite(Path.Combine(from, name + ".dll"), Path.Combine(to, name + ".dll"), from, blocks);
        }
        return blocks;
    }

    private static int Rewrite(string from, string to, string folder, int next)
    {
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(folder);
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location)!);
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(Microsoft.AspNetCore.Http.HttpContext).Assembly.Location)!);
        using var assembly = AssemblyDefinition.ReadAssembly(from, new ReaderParameters { AssemblyResolver = resolver });
        MethodReference hit = assembly.MainModule.ImportReference(typeof(Probes).GetMethod(nameof(Probes.Hit)));
        foreach (TypeDefinition type in assembly.MainModule.GetTypes())
            foreach (MethodDefinition method in type.Methods.Where(m => m.HasBody))
                next = Rewrite(method.Body, hit, next);
        assembly.Write(to);
        return next;
    }

    private static int Rewrite(MethodBody body, MethodReference hit, int next)
    {
        body.SimplifyMacros();
        var moved = new Dictionary<Instruction, Instruction>();
        ILProcessor code = body.GetILProcessor();
        foreach (Instruction leader in Leaders(body))
        {
            if (next >= Probes.Most) throw new InvalidOperationException($"there are more than {Probes.Most} blocks");
            Instruction number = code.Create(OpCodes.Ldc_I4, next++);
            code.InsertBefore(leader, number);
            code.InsertBefore(leader, code.Create(OpCodes.Call, hit));
            moved[leader] = number;
        }
        Instruction Now(Instruction i) => i is not null && moved.TryGetValue(i, out Instruction? to) ? to : i!;
        foreach (Instruction i in body.Instructions)
        {
            if (i.Operand is Instruction target) i.Operand = Now(target);
            else if (i.Operand is Instruction[] targets) i.Operand = targets.Select(Now).ToArray();
        }
        foreach (ExceptionHandler h in body.ExceptionHandlers)
        {
            (h.TryStart, h.TryEnd) = (Now(h.TryStart), Now(h.TryEnd));
            (h.HandlerStart, h.HandlerEnd, h.FilterStart) = (Now(h.HandlerStart), Now(h.HandlerEnd), Now(h.FilterStart));
        }
        body.OptimizeMacros();
        return next;
    }

    private static List<Instruction> Leaders(MethodBody body)
    {
        var leaders = new HashSet<Instruction> { body.Instructions[0] };
        foreach (Instruction i in body.Instructions)
        {
            if (i.Operand is Instruction target) leaders.Add(target);
            else if (i.Operand is Instruction[] targets) leaders.UnionWith(targets);
            bool ends = i.OpCode.FlowControl is FlowControl.Cond_Branch;
            if (ends && i.Next is not null) leaders.Add(i.Next);
        }
        foreach (ExceptionHandler h in body.ExceptionHandlers) leaders.Add(h.HandlerStart);
        return [.. body.Instructions.Where(leaders.Contains)];
    }
}

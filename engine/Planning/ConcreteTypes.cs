using System.Reflection;
using OrleansStream.Engine.Operators;

namespace OrleansStream.Engine.Planning;

/// <summary>Closes operators over types that are known only when the graph is built.</summary>
internal static class ConcreteTypes
{
    public static Operator Operator(Type open, Type[] arguments, params object?[] parameters)
    {
        try
        {
            return (Operator)Activator.CreateInstance(open.MakeGenericType(arguments), parameters)!;
        }
        catch (TargetInvocationException e) when (e.InnerException is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerException);
            throw;
        }
    }
}

namespace OrleansStream;

/// <summary>Turns a record into any number of records.</summary>
/// <typeparam name="TIn">The type of the records that come.</typeparam>
/// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
/// <param name="value">The record.</param>
/// <param name="output">Takes the results.</param>
public delegate void FlatMapAction<TIn, TOut>(in TIn value, Output<TOut> output);

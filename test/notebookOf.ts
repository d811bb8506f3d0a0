/** A notebook of code cells. */
export const notebookOf = (cells: string[]) => ({
  cells: cells.map((source, i) => ({ cell_type: "code", id: `c${i}`, metadata: {}, execution_count: null, outputs: [], source })),
  metadata: { kernelspec: { name: "tslab", display_name: "TypeScript (tDLGM)", language: "typescript" } },
  nbformat: 4,
  nbformat_minor: 5,
});

/**
 * Filters the rows of a page while one types; the form without script does the same on the server, and over all pages.
 * Escape clears the field.
 */
export const filterScript = `
(() => {
  const field = document.getElementById("filter");
  const rows = [...document.querySelectorAll("tbody tr[data-name]")];
  const status = document.getElementById("shown");
  const form = field.form;
  if (form.dataset.complete !== "true") return;
  const apply = () => {
    const wanted = field.value.toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const fits = row.dataset.name.toLowerCase().includes(wanted);
      row.hidden = !fits;
      if (fits) shown += 1;
    }
    status.textContent = wanted === "" ? status.dataset.all : shown + " of " + rows.length + " shown";
  };
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name !== "deep") event.preventDefault();
  });
  field.addEventListener("input", apply);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || field.value === "") return;
    field.value = "";
    apply();
    event.preventDefault();
  });
  apply();
})();
`;

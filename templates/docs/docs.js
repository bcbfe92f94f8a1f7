"use strict";

// Swagger UI has a dark look of its own, under a class.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

// The form that gets a token cannot ask for one that is meant for `/mcp`, and no other is accepted there.
const triedElsewhere = {
  statePlugins: {
    spec: {
      wrapSelectors: {
        allowTryItOutFor: (allowed) => (state, path, method) =>
          path !== "/mcp" && allowed(state, path, method),
      },
    },
  },
};

window.ui = SwaggerUIBundle({
  dom_id: "#document",
  url: "/openapi.json",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  filter: true,
  // What is entered here stays in the page's memory, and is gone when the page is.
  persistAuthorization: false,
  tryItOutEnabled: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [triedElsewhere],
});
